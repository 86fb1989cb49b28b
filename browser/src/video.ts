// How far videos of the page are watched. Media events do not bubble, but they can be captured.
import type { Track } from './message';
import { on, random } from './safe';

const MARKS = [25, 50, 75];

interface Playback {
  session: string;
  mark: number;
}

export function video(track: Track) {
  const playbacks = new WeakMap<HTMLVideoElement, Playback>();

  const tell = (video: HTMLVideoElement, { session }: Playback, event: string) => {
    const length = video.duration;
    track(event, {
      session_id: session,
      position: Math.round(video.currentTime),
      total_length: Number.isFinite(length) ? Math.round(length) : undefined,
      title: video.dataset.title || title(video.currentSrc),
    });
  };

  on(document, 'play pause timeupdate ended emptied', ({ type, target }) => {
    if (!(target instanceof HTMLVideoElement) || target.closest('[data-rondom-ignore]')) return;
    const playback = playbacks.get(target);
    // A film may have begun before we listened.
    if (type === 'play' || (!playback && !target.paused && !target.ended)) {
      if (playback) return tell(target, playback, 'Video Playback Resumed');
      const begun = { session: random(), mark: 0 };
      playbacks.set(target, begun);
      return tell(target, begun, 'Video Playback Started');
    }
    if (!playback) return;
    if (type === 'timeupdate') {
      const share = (target.currentTime / target.duration) * 100;
      for (let mark; (mark = MARKS[playback.mark]) !== undefined && share >= mark; playback.mark++) {
        tell(target, playback, 'Video Content Playing');
      }
    } else if (type === 'pause') {
      // At the end a video pauses, too.
      if (!target.ended) tell(target, playback, 'Video Playback Paused');
    } else {
      if (type === 'ended') tell(target, playback, 'Video Playback Completed');
      // Another film, or the same from the beginning, is another playback.
      playbacks.delete(target);
    }
  });
}

/** The name of the file; addresses made by a script have none. */
function title(source: string): string | undefined {
  return /^blob:|^data:/.test(source) ? undefined : source.replace(/[?#].*/, '').split('/').pop() || undefined;
}

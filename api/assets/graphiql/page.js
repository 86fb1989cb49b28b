// Starts GraphiQL with the API key of the bar above it.
//
// The key is kept in this tab's session storage and nowhere else. An address like /graphiql#key=rk_… fills it in; the
// part after # is never sent to a server, and it is removed from the address at once.
'use strict';

(() => {
  const STORED = 'rondom:key';
  const form = document.getElementById('access');
  const field = document.getElementById('key');
  const hint = document.getElementById('hint');
  const invitation = hint.innerHTML;
  const root = ReactDOM.createRoot(document.getElementById('graphiql'));

  const EXAMPLE = `# Welcome to Rondom.
#
# 1. Put an API key in the bar above.
# 2. Ctrl-Enter runs, Ctrl-Space completes.
# 3. The book on the left is the schema.

{
  __typename
}
`;

  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', location.pathname + location.search);
  }

  // Says in the bar whether the key works, since GraphiQL shows a failed schema request only as an empty schema.
  const watched = async (input, init) => {
    const response = await fetch(input, init);
    const refused = response.status === 401;
    hint.classList.toggle('wrong', refused && field.value !== '');
    if (refused && field.value !== '') {
      hint.textContent = 'This key is not valid.';
    } else if (refused) {
      hint.innerHTML = invitation;
    } else {
      hint.textContent = 'Connected. The key stays in this tab.';
    }
    return response;
  };

  let generation = 0;
  const start = () => {
    const key = field.value.trim();
    const headers = key ? { Authorization: `Bearer ${key}` } : {};
    const address = new URL('/graphql', location.href);
    const socket = new URL(address);
    socket.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const fetcher = GraphiQL.createFetcher({
      url: address.href,
      fetch: watched,
      headers,
      subscriptionUrl: socket.href,
      wsConnectionParams: headers,
    });
    // A new React key makes a new GraphiQL, which asks for the schema again.
    generation += 1;
    root.render(
      React.createElement(GraphiQL, {
        key: generation,
        fetcher,
        // Without a key there is no schema to ask for: null says so, and undefined lets GraphiQL ask.
        schema: key ? undefined : null,
        defaultQuery: EXAMPLE,
        // Queries and variables may name people: they end with the tab, and headers are not kept at all.
        storage: sessionStorage,
        shouldPersistHeaders: false,
      }),
    );
  };

  field.value = sessionStorage.getItem(STORED) ?? '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(STORED, field.value.trim());
    start();
  });
  start();
})();

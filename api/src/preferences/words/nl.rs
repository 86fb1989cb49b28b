//! Dutch.

use super::{Heading, Words};

pub(super) const WORDS: Words = Words {
    title: "Uw keuzes",
    intro: "Hier ziet u waarvoor uw persoonsgegevens gebruikt mogen worden, en kunt u dat wijzigen. Een wijziging geldt \
            meteen, en u kunt later altijd van gedachten veranderen.",
    keep: "Wie deze link heeft, kan voor u kiezen. Geef hem dus niet door.",
    until: "Deze link werkt tot",
    languages: "Taal",
    saved: "Uw keuzes zijn opgeslagen.",
    messages: Heading {
        title: "Berichten aan u",
        text: "Deze ontvangt u alleen als u ja zegt, per adres en per nummer.",
    },
    consent: Heading {
        title: "Alleen met uw toestemming",
        text: "Hiervoor gebruiken wij uw gegevens alleen als u ja zegt.",
    },
    interests: Heading {
        title: "Tenzij u bezwaar maakt",
        text: "Hiervoor mogen wij uw gegevens gebruiken totdat u nee zegt. U kunt altijd bezwaar maken.",
    },
    everything: Heading {
        title: "Nee tegen alles",
        text: "Zegt nee tegen alles op deze pagina: weigert, trekt uw toestemming in of maakt bezwaar.",
    },
    nothing: "Er valt hier op dit moment niets te kiezen.",
    now: "Op dit moment:",
    allowed: "toegestaan",
    refused: "niet toegestaan",
    since: "sinds",
    consented: "U hebt toestemming gegeven",
    legitimate_interests: "Wij hebben een gerechtvaardigd belang, en u hebt geen bezwaar gemaakt",
    public_task: "Het is in het algemeen belang, en u hebt geen bezwaar gemaakt",
    restricted: "U hebt elk gebruik van uw gegevens laten beperken",
    denied: "U hebt nee gezegd",
    withdrawn: "U hebt uw toestemming ingetrokken",
    objected: "U hebt bezwaar gemaakt",
    expired: "Uw toestemming is verlopen",
    unconfirmed: "U hebt uw toestemming nog niet bevestigd",
    not_written: "Wij hebben geen schriftelijke toestemming van u",
    never_asked: "U hebt nog niets laten weten",
    undated: "Een van onze systemen heeft dit zonder datum gemeld. Daarom geldt het totdat het daar wordt ingetrokken. Laat \
              het ons weten als het niet klopt.",
    yes: "Ja, ik geef toestemming",
    no: "Nee, ik geef geen toestemming",
    no_objection: "Ja, dat is goed",
    objection: "Nee, ik maak bezwaar",
    notice: "Wat u hierover moet weten, versie",
    save: "Mijn keuzes opslaan",
    back: "Terug naar uw keuzes",
    forged: Heading {
        title: "Deze link werkt niet",
        text: "Misschien ontbreekt er een stuk. Open de hele link uit het bericht waarin u hem vond, of vraag de afzender om \
               een nieuwe.",
    },
    ended: Heading {
        title: "Deze link is verlopen",
        text: "Links werken maar een tijdje, zodat een oud bericht niets meer opent. Uw keuzes blijven gelden. Wilt u ze zien \
               of wijzigen, vraag dan de afzender om een nieuwe link.",
    },
    gone: Heading {
        title: "Deze link leidt nergens meer heen",
        text: "Wat erachter stond, wordt niet meer bewaard. U hoeft niets te doen.",
    },
    changed: Heading {
        title: "Er is niets opgeslagen",
        text: "Wat is verstuurd, past niet bij wat er nu te kiezen valt. Misschien is dat veranderd sinds u de pagina opende. \
               Bekijk uw keuzes opnieuw.",
    },
    unreadable: Heading {
        title: "Er is niets opgeslagen",
        text: "Wij konden niet lezen wat is verstuurd. Ga terug naar uw keuzes en probeer het opnieuw.",
    },
    failed: Heading {
        title: "Er ging iets mis",
        text: "Dat ligt aan ons, niet aan u. Probeer het over een paar minuten opnieuw.",
    },
    purposes: [
        ("service", "Service en verkoop", "Eén klant persoonlijk helpen en adviseren."),
        ("analytics", "Analyse", "Meer te weten komen over klanten als geheel."),
        (
            "profiling",
            "Profilering",
            "Voorspellen wat één persoon gaat doen: opzeggen, kopen, waar de belangstelling naar uitgaat.",
        ),
        (
            "personalisation",
            "Personalisatie",
            "Aanpassen wat één persoon op onze eigen website en in onze app ziet.",
        ),
        ("email_marketing", "Marketing per e-mail", "Nieuws en aanbiedingen per e-mail."),
        ("sms_marketing", "Sms-berichten", "Nieuws en aanbiedingen per sms."),
        ("phone_marketing", "Telefoon", "Aanbiedingen per telefoon."),
        (
            "advertising",
            "Doelgroepen voor advertenties",
            "Elders advertenties tonen aan deze persoon, of aan mensen die op deze persoon lijken.",
        ),
        (
            "third_party_sharing",
            "Delen met derden",
            "Gegevens doorgeven aan anderen, voor hun eigen doeleinden.",
        ),
    ],
};

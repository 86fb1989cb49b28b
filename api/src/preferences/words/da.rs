//! Danish.

use super::{Heading, Words};

pub(super) const WORDS: Words = Words {
    title: "Dine valg",
    intro: "Her kan du se, hvad dine personoplysninger må bruges til, og ændre det. En ændring gælder med det samme, og du \
            kan altid ombestemme dig senere.",
    keep: "Den, der har dette link, kan vælge for dig. Giv det derfor ikke videre.",
    until: "Dette link virker til",
    languages: "Sprog",
    saved: "Dine valg er gemt.",
    messages: Heading {
        title: "Beskeder til dig",
        text: "Dem får du kun, hvis du siger ja, for hver adresse og hvert nummer for sig.",
    },
    consent: Heading {
        title: "Kun med dit samtykke",
        text: "Hertil bruger vi kun dine oplysninger, hvis du siger ja.",
    },
    interests: Heading {
        title: "Medmindre du gør indsigelse",
        text: "Hertil må vi bruge dine oplysninger, indtil du siger nej. Du kan altid gøre indsigelse.",
    },
    everything: Heading {
        title: "Nej til alt",
        text: "Siger nej til alt på denne side: afslår, trækker dit samtykke tilbage eller gør indsigelse.",
    },
    nothing: "Der er ikke noget at vælge her lige nu.",
    now: "Lige nu:",
    allowed: "tilladt",
    refused: "ikke tilladt",
    since: "siden",
    consented: "Du har givet samtykke",
    legitimate_interests: "Vi har en legitim interesse, og du har ikke gjort indsigelse",
    public_task: "Det er i samfundets interesse, og du har ikke gjort indsigelse",
    restricted: "Du har fået al brug af dine data begrænset",
    denied: "Du har sagt nej",
    withdrawn: "Du har trukket dit samtykke tilbage",
    objected: "Du har gjort indsigelse",
    expired: "Dit samtykke er udløbet",
    unconfirmed: "Du har ikke bekræftet dit samtykke endnu",
    not_written: "Vi har ikke dit samtykke på skrift",
    never_asked: "Du har ikke svaret endnu",
    undated: "Et af vores systemer har meldt dette uden dato. Derfor gælder det, indtil det trækkes tilbage dér. Sig til, \
              hvis det er forkert.",
    yes: "Ja, jeg giver samtykke",
    no: "Nej, jeg giver ikke samtykke",
    no_objection: "Ja, det er i orden",
    objection: "Nej, jeg gør indsigelse",
    notice: "Det bør du vide om dette, version",
    save: "Gem mine valg",
    back: "Tilbage til dine valg",
    forged: Heading {
        title: "Dette link virker ikke",
        text: "Måske mangler der en del af det. Åbn hele linket fra den besked, du fandt det i, eller bed afsenderen om et \
               nyt.",
    },
    ended: Heading {
        title: "Dette link er udløbet",
        text: "Links virker kun i en periode, så en gammel besked ikke åbner noget. Dine valg gælder stadig. Vil du se eller \
               ændre dem, så bed afsenderen om et nyt link.",
    },
    gone: Heading {
        title: "Dette link fører ikke længere nogen steder hen",
        text: "Det, som det førte til, opbevares ikke længere. Du behøver ikke at gøre noget.",
    },
    changed: Heading {
        title: "Intet er gemt",
        text: "Det, der blev sendt, passer ikke til det, der kan vælges nu. Måske har det ændret sig, siden du åbnede siden. \
               Se på dine valg igen.",
    },
    unreadable: Heading {
        title: "Intet er gemt",
        text: "Vi kunne ikke læse det, der blev sendt. Gå tilbage til dine valg, og prøv igen.",
    },
    failed: Heading {
        title: "Noget gik galt",
        text: "Det er vores fejl og ikke din. Prøv igen om et par minutter.",
    },
    purposes: [
        ("service", "Service og salg", "At hjælpe og rådgive én kunde personligt."),
        ("analytics", "Analyse", "At lære om kunderne som helhed."),
        ("profiling", "Profilering", "At forudsige, hvad én person vil gøre: opsigelse, køb, interesser."),
        (
            "personalisation",
            "Personlig tilpasning",
            "At tilpasse, hvad én person ser på vores eget websted og i vores app.",
        ),
        ("email_marketing", "Markedsføring på e-mail", "Nyheder og tilbud på e-mail."),
        ("sms_marketing", "Sms-beskeder", "Nyheder og tilbud på sms."),
        ("phone_marketing", "Telefon", "Tilbud over telefonen."),
        (
            "advertising",
            "Målgrupper for annoncer",
            "At vise annoncer andre steder til denne person eller til personer, der ligner.",
        ),
        (
            "third_party_sharing",
            "Deling med tredjeparter",
            "At give oplysninger videre til andre til deres egne formål.",
        ),
    ],
};

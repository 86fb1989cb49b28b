//! The words that people, homes and employers are made of.

use super::country::Country;

/// The words of one country.
pub(super) struct Words {
    pub(super) given: &'static [&'static str],
    /// Prefixes of family names, most of them empty.
    pub(super) prefixes: &'static [&'static str],
    pub(super) family: &'static [&'static str],
    pub(super) streets: &'static [&'static str],
    pub(super) cities: &'static [&'static str],
    /// Mail providers; all invented.
    pub(super) providers: &'static [&'static str],
}

pub(super) fn words(country: Country) -> &'static Words {
    match country {
        Country::Britain => &BRITAIN,
        Country::Netherlands => &NETHERLANDS,
        Country::Denmark => &DENMARK,
        Country::Germany => &GERMANY,
    }
}

#[rustfmt::skip] // One word a line would hide the forest.
static BRITAIN: Words = Words {
    given: &[
        "Oliver", "Amelia", "George", "Isla", "Harry", "Ava", "Noah", "Mia", "Jack", "Ivy", "Leo", "Lily",
        "Oscar", "Rosie", "Charlie", "Freya", "Henry", "Grace", "Arthur", "Willow", "Thomas", "Florence",
        "William", "Emily", "James", "Poppy", "Edward", "Charlotte", "Alice", "Martin", "Hannah", "Simon",
        "Rachel", "Peter", "Susan", "Andrew", "Catherine", "Elizabeth", "Michael", "Robert", "Claire",
        "Nicola", "Stephen", "Rebecca", "Priya", "Imran", "Aisha", "Kwame",
    ],
    prefixes: &[""],
    family: &[
        "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Robinson",
        "Wright", "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood", "Jackson",
        "Clarke", "Patel", "Khan", "Lewis", "Harris", "Edwards", "Turner", "Hill", "Cooper", "Ward",
        "Morris", "Moore", "Baker", "O'Brien", "Harrison", "Shaw", "Bennett", "Fletcher", "Pemberton",
        "Ashworth", "Hargreaves", "Whitaker", "McKenzie", "Ferguson", "Llewellyn", "Okafor", "Begum",
        "Smith-Jones", "Fairclough",
    ],
    streets: &[
        "Church Lane", "Station Road", "Mill Street", "High Street", "Orchard Close", "Victoria Road",
        "Park Avenue", "The Green", "Manor Drive", "School Lane", "Chestnut Grove", "Bridge Street",
        "Kingsway", "Elm Road",
    ],
    cities: &[
        "Leeds", "Bristol", "York", "Norwich", "Sheffield", "Cardiff", "Exeter", "Durham", "Bath",
        "Lincoln",
    ],
    providers: &["mailbox.example", "inbox.example", "britmail.example", "webpost.example"],
};

#[rustfmt::skip] // One word a line would hide the forest.
static NETHERLANDS: Words = Words {
    given: &[
        "Daan", "Emma", "Sem", "Julia", "Lucas", "Tess", "Levi", "Sophie", "Finn", "Zoë", "Noud", "Sara",
        "Bram", "Anna", "Luuk", "Lotte", "Mees", "Fleur", "Thijs", "Eva", "Jan", "Maria", "Pieter",
        "Johanna", "Hendrik", "Annelies", "Willem", "Marieke", "Kees", "Ingrid", "Joost", "Femke", "Sander",
        "Renée", "Jeroen", "Esther", "Ruben", "Naomi", "Youssef", "Fatima", "Gijs", "Sanne", "Wouter",
        "Maaike", "Bas", "Hanneke", "Coen", "Jorik",
    ],
    prefixes: &["", "", "", "van", "de", "van der", "van den", "ten", "van de", "ter"],
    family: &[
        "Jansen", "Vries", "Berg", "Bakker", "Dijk", "Visser", "Smit", "Meijer", "Boer", "Mulder", "Groot",
        "Bos", "Vos", "Peters", "Hendriks", "Leeuwen", "Dekker", "Brouwer", "Wit", "Dijkstra", "Smits",
        "Graaf", "Meer", "Linden", "Kok", "Jacobs", "Haan", "Vermeulen", "Heuvel", "Veen", "Broek",
        "Bruijn", "Schouten", "Willems", "Beek", "Hoekstra", "Koster", "Prins", "Huisman", "Postma",
        "Kuipers", "Kuijper", "Zanden", "Oosterhuis", "Wal", "Bosch", "Horst", "Ypma",
    ],
    streets: &[
        "Dorpsstraat", "Kerkstraat", "Molenweg", "Stationsweg", "Prinsengracht", "Julianalaan",
        "Beatrixstraat", "Schoolstraat", "Wilhelminaplein", "Lindelaan", "Havenkade", "Nieuwstraat",
        "Kastanjelaan", "Marktstraat",
    ],
    cities: &[
        "Amsterdam", "Utrecht", "Groningen", "Zwolle", "Leiden", "Haarlem", "Breda", "Delft", "Nijmegen",
        "'s-Hertogenbosch",
    ],
    providers: &["postbus.example", "brievenbus.example", "thuismail.example", "mailbox.example"],
};

#[rustfmt::skip] // One word a line would hide the forest.
static DENMARK: Words = Words {
    given: &[
        "William", "Alma", "Oscar", "Ida", "Carl", "Ella", "Emil", "Clara", "Aksel", "Freja", "Valdemar",
        "Agnes", "Søren", "Kirsten", "Jørgen", "Bodil", "Lærke", "Mads", "Åse", "Anders", "Mette", "Rasmus",
        "Karoline", "Bjørn", "Signe", "Kåre", "Astrid", "Niels", "Birgitte", "Troels", "Maja", "Jens",
        "Hanne", "Peter", "Gitte", "Henrik", "Trine", "Mikkel", "Sofie", "Lasse", "Katrine", "Thøger",
        "Inger", "Svend", "Ditte", "Asger", "Marie", "Louise",
    ],
    prefixes: &[""],
    family: &[
        "Nielsen", "Jensen", "Hansen", "Andersen", "Pedersen", "Christensen", "Larsen", "Sørensen",
        "Rasmussen", "Jørgensen", "Petersen", "Madsen", "Kristensen", "Olsen", "Thomsen", "Christiansen",
        "Poulsen", "Johansen", "Møller", "Mortensen", "Knudsen", "Østergaard", "Nørgaard", "Kjær",
        "Søndergaard", "Lauridsen", "Ågård", "Bæk", "Skov", "Holm", "Lund", "Dahl", "Krogh", "Højgaard",
        "Vestergaard", "Bjerregaard", "Frandsen", "Winther", "Brandt", "Friis", "Bech", "Toft", "Juhl",
        "Ravn", "Kruse", "Gregersen", "Bruun", "Lærkegaard",
    ],
    streets: &[
        "Nørregade", "Søndergade", "Vestergade", "Østergade", "Kirkevej", "Møllevej", "Skovvej",
        "Strandvejen", "Bøgevej", "Algade", "Rådhuspladsen", "Engvej", "Lærkevej", "Havnegade",
    ],
    cities: &[
        "København", "Aarhus", "Odense", "Aalborg", "Esbjerg", "Randers", "Kolding", "Køge", "Næstved",
        "Hillerød",
    ],
    providers: &["brevkasse.example", "postkasse.example", "mailhus.example", "inbox.example"],
};

#[rustfmt::skip] // One word a line would hide the forest.
static GERMANY: Words = Words {
    given: &[
        "Lukas", "Lina", "Finn", "Marie", "Jonas", "Mila", "Paul", "Emilia", "Felix", "Clara", "Jürgen",
        "Ursula", "Günter", "Käthe", "Björn", "Anneliese", "Stefan", "Sabine", "Thomas", "Petra",
        "Matthias", "Monika", "Wolfgang", "Heike", "Andreas", "Birgit", "Uwe", "Jörg", "Kerstin", "Tobias",
        "Katharina", "Sebastian", "Friederike", "Moritz", "Lieselotte", "Karl-Heinz", "Hans", "Greta",
        "Ayse", "Mehmet", "Elif", "Anton", "Johanna", "Maximilian", "Sophie", "Leon", "Ida", "Theo",
    ],
    prefixes: &["", "", "", "", "", "", "", "", "", "von"],
    family: &[
        "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Maier", "Wagner", "Becker",
        "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann",
        "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Weiß", "Krause",
        "Lehmann", "Köhler", "Böhm", "Günther", "Groß", "Jäger", "Vogel", "Friedrich", "Keller", "Roth",
        "Yilmaz", "Lorenz", "Vogt", "Strauß", "Brandenburg", "Thüringer", "Löwe", "Kühn", "Arnim",
        "Hohenfels",
    ],
    streets: &[
        "Hauptstraße", "Schulstraße", "Bahnhofstraße", "Gartenweg", "Goethestraße", "Lindenallee",
        "Mühlenweg", "Bergstraße", "Kirchplatz", "Schillerstraße", "Rosenweg", "Am Markt", "Ringstraße",
        "Waldweg",
    ],
    cities: &[
        "Berlin", "Hamburg", "Köln", "Leipzig", "München", "Münster", "Freiburg", "Göttingen", "Lübeck",
        "Weimar",
    ],
    providers: &["postfach.example", "briefkasten.example", "netzpost.example", "mailbox.example"],
};

/// First words of company names.
#[rustfmt::skip]
pub(super) const FIRMS: &[&str] = &[
    "Anker", "Birch", "Bluewater", "Canal", "Cedar", "Delta", "Dune", "Ember", "Fjord", "Foxglove",
    "Granite", "Harbour", "Heath", "Iris", "Juniper", "Kestrel", "Lantern", "Linden", "Marsh", "Meridian",
    "Northgate", "Oakfield", "Orbit", "Polder", "Quarry", "Raven", "Saffron", "Skylark", "Tamarind",
    "Tulip", "Umber", "Vesper", "Windmill", "Yarrow", "Zephyr",
];

/// Second words of company names with the branch, in the CRM's spelling.
pub(super) const TRADES: &[(&str, &str)] = &[
    ("Logistics", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Software", "COMPUTER_SOFTWARE"),
    ("Design", "DESIGN"),
    ("Foods", "FOOD_BEVERAGES"),
    ("Interiors", "FURNITURE"),
    ("Consulting", "MANAGEMENT_CONSULTING"),
    ("Hotels", "HOSPITALITY"),
    ("Energy", "RENEWABLES_ENVIRONMENT"),
    ("Care", "HOSPITAL_HEALTH_CARE"),
    ("Studios", "MEDIA_PRODUCTION"),
];

/// Job titles.
#[rustfmt::skip]
pub(super) const JOBS: &[&str] = &[
    "Office Manager", "Sales Director", "Software Engineer", "Buyer", "Head of Marketing", "Accountant",
    "CEO", "Facility Manager", "Project Lead", "HR Advisor", "Assistant", "Consultant",
];

//! Grouping the records of files.

use std::fs;

use serde_json::json;

use crate::support::Installation;

/// Two households and a namesake, in the words of two sources.
const CRM: &str = "id,first_name,last_name,email,phone,dob,street,house_no,postcode,city
c1,Anna,de Vries,anna.devries@example.com,06-23456781,1980-04-03,Kerkstraat,12,1012AB,Amsterdam
c2,Bram,de Vries,bram.devries@example.com,06-23456781,1978-11-23,Kerkstraat,12,1012AB,Amsterdam
c3,Søren,Ågård,soren@example.dk,+45 23 45 67 82,1991-05-06,Nørregade,5,1165,København
c4,Anna,de Vries,a.de.vries@elsewhere.example,06-87654329,1955-01-30,Dorpsweg,1,9711LM,Groningen
";
const SHOP: &str = "id,Voornaam,Achternaam,E-mail,Telefoon,Geboortedatum,Adres,Postcode,Plaats
s1,Ana,Vries,ANNA.DEVRIES@example.com,+31623456781,03/04/1980,Kerkstr. 12,1012 AB,Amsterdam
s2,Soren,Agard,soren@example.dk,23456782,,Norregade 5,1165,Kobenhavn
s3,B.,Vries,bram.devries@example.com,,23/11/1978,Kerkstraat 12,1012 AB,Amsterdam
";

fn clusters(installation: &Installation, file: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(installation.path().join(file)).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id,cluster"));
    lines
        .map(|line| line.split_once(',').map(|(id, cluster)| (id.to_owned(), cluster.to_owned())).unwrap())
        .collect()
}

#[tokio::test]
async fn records_of_two_files_are_grouped_by_person_and_a_model_can_be_used_again() {
    let installation = Installation::on_sqlite();
    installation.write("crm.csv", CRM);
    installation.write("shop.csv", SHOP);
    installation
        .write("truth.csv", "id,person\nc1,anna\ns1,anna\nc2,bram\ns3,bram\nc3,soren\ns2,soren\nc4,other\n");
    let files = ["identity", "dedupe", "crm.csv", "shop.csv", "--id", "id", "--json"];
    let report = installation
        .json(
            &[&files[..], &["--out", "a.csv", "--save-model", "model.json", "--truth", "truth.csv"]].concat(),
        )
        .await;
    assert_eq!((&report["records"], &report["clusters"]), (&json!(7), &json!(4)), "{report}");
    assert_eq!(report["quality"]["pairF1"], json!(1.0), "{report}");
    assert_eq!(report["columns"][1]["columns"]["Achternaam"], "family_name", "{report}");
    let found = clusters(&installation, "a.csv");
    let of = |id: &str| found.iter().find(|(record, _)| record == id).unwrap().1.as_str();
    assert_eq!((of("s1"), of("s3"), of("s2"), of("c4")), ("c1", "c2", "c3", "c4"));

    let again = [&files[..], &["--out", "b.csv", "--model", "model.json"]].concat();
    installation.json(&again).await;
    assert_eq!(clusters(&installation, "b.csv"), found, "the same model says the same");
    let explained = installation
        .ok(&[
            "identity",
            "dedupe",
            "crm.csv",
            "shop.csv",
            "--id",
            "id",
            "--out",
            "c.csv",
            "--explain",
            "c1",
            "c2",
        ])
        .await;
    for expected in ["c1 and c2", "same phone number", "same address", "different date of birth"] {
        assert!(explained.contains(expected), "{explained}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_say_why_and_leave_nothing_behind() {
    let installation = Installation::on_sqlite();
    installation.write("crm.csv", CRM);
    installation.write("twice.csv", "id,email\n1,a@b.nl\n1,c@d.nl\n");
    installation.write("damaged.csv.gz", "this is not gzipped");
    installation.write("columns.yaml", "columns: { first_name: given_name, mobiel: phone }\n");
    installation.write("wrong.yaml", "columns: { first_name: forename }\n");
    installation.write("self.csv", "a;b;verdict\nc1;c1;same\n");
    installation.write("both.csv", "a,b,verdict\nc1,c2,same\nc2,c1,different\n");
    installation.write("model.json", "{\"format\": 1}");
    for (args, expected) in [
        (&["missing.csv", "--id", "id"][..], "missing.csv"),
        (&["crm.csv", "--id", "key"], "has no column `key`"),
        (&["twice.csv", "--id", "id"], "two records have the id `1`"),
        (&["damaged.csv.gz", "--id", "id"], "damaged.csv.gz"),
        (&["crm.csv", "--id", "id", "--columns", "columns.yaml"], "columns that no file has: mobiel"),
        (&["crm.csv", "--id", "id", "--columns", "wrong.yaml"], "family_name"),
        (&["crm.csv", "--id", "id", "--model", "model.json"], "model.json"),
        (&["crm.csv", "--id", "id", "--truth", "twice.csv"], "twice.csv"),
        (&["crm.csv", "--id", "id", "--save-model", "crm.csv"], "would be overwritten"),
        (&["crm.csv", "--id", "id", "--labels", "self.csv"], "a pair is two records"),
        (&["crm.csv", "--id", "id", "--labels", "both.csv"], "the same and different"),
        (&["crm.csv", "--id", "id", "--explain", "c1", "c9"], "no record has the id `c9`"),
    ] {
        let error = installation.fails(&[&["identity", "dedupe", "--out", "out.csv"], args].concat()).await;
        assert!(error.contains(expected), "{args:?}: {error}");
        assert!(!installation.path().join("out.csv").exists(), "{args:?}");
    }
}

//! How many statements queries cost: fixed, however much there is.

use super::World;

const WHOLE: &str = r#"{ profile(by: { email: "anna@example.com" }) {
    id displayName traits { key group value winner { source { name } recordedAt } losers { value source { name } } rule }
    identifiers { kind value sources { name } }
    sourceIdentities { source { name } externalId }
    links { rule value from { externalId } to { externalId } }
    orders(first: 20) { totalCount pageInfo { hasNextPage } nodes { number total { amount currency } lines { name product { name } } } }
    timeline(first: 50) { nodes { kind name occurredAt properties source { name } } }
    companies { name } deals { name } totals { orders currencies { revenue { amount } } }
} }"#;

#[tokio::test]
async fn the_whole_of_one_profile_costs_eight_statements() {
    let world = World::anna().await;
    // The profile; its members, links, orders, timeline, companies and deals; the products of its lines.
    assert_eq!(world.statements(WHOLE).await, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_below_a_list_cost_one_statement_each_on_several_threads_too() {
    let world = World::shop(50).await;
    let list = "{ profiles(first: 50) { nodes { displayName orders(first: 1) { nodes { number total { amount } } } } } }";
    let deep = "{ profiles(first: 50) { nodes {
        orders(first: 3) { nodes { number sourceIdentity { externalId } lines { product { name } } } }
        newest: orders(first: 1) { nodes { number } }
        timeline(first: 2) { nodes { name order { number } } }
        links { rule } companies { name } deals { name }
    } } }";
    for _ in 0..5 {
        assert_eq!(world.statements(list).await, 2);
        assert_eq!(world.statements(deep).await, 10);
    }
}

#[tokio::test]
async fn a_total_is_counted_only_if_asked_for() {
    let world = World::shop(3).await;
    assert_eq!(world.statements("{ profiles { nodes { id } } }").await, 1);
    assert_eq!(world.statements("{ profiles { totalCount nodes { id } } }").await, 2);
}

#[tokio::test]
async fn connectors_cost_as_many_statements_as_one() {
    let world = World::empty().await;
    let query = "{ connectors { name state streams { name cursor } runs { state }
        rejectedRecords { totalCount nodes { reason } } } }";
    let mut costs = Vec::new();
    for key in ["one", "two", "three"] {
        let input = format!(
            r#"{{ kind: "hubspot", key: "{key}", enabled: false, secrets: {{ access_token: "x" }} }}"#
        );
        world
            .ask(&format!("mutation {{ createConnector(input: {input}) {{ errors {{ message }} }} }}"))
            .await;
        costs.push(world.statements(query).await);
    }
    assert_eq!(costs, [6, 6, 6], "connectors, last run, streams, runs, rejected records and their number");
}

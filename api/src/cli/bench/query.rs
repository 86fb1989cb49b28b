//! The 360° query that is measured.

/// The query that asks for it.
pub(super) const PAGE: &str = "query Page($id: ID!) {
  profile(by: {id: $id}) {
    id displayName
    traits { key value rule winner { source { id name } recordedAt } losers { value source { name } recordedAt } }
    identifiers { kind value sources { name } }
    orders(first: 20) { nodes { id number status placedAt total { amount currency }
      lines { name sku quantity unitPrice { amount } total { amount } } } }
    timeline(first: 50) { nodes { kind name occurredAt source { name } properties } }
  }
}";

/// The mutation that is measured: the newest word counts, so each is another statement.
pub(super) const RECORD: &str = "mutation Say($id: ID!) {
  recordConsent(profile: $id, input: { purpose: \"profiling\", method: \"form\", evidence: { form: \"benchmark\" } }) {
    errors { message }
  }
}";

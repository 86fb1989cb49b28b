//! Changing an account while it is served.

use super::{Account, Activity, Member, Status, Unsubscribe};
use crate::server::{Server, Stamp};

impl Server<Account> {
    /// The API key, with the suffix of its data centre.
    pub fn api_key(&self) -> String {
        self.read(|account| account.api_key.clone())
    }

    /// The ids of the audiences.
    pub fn list_ids(&self) -> Vec<String> {
        self.read(|account| account.lists.iter().map(|list| list.id.clone()).collect())
    }

    /// Adds a member at the end of the audience, or replaces the one with its id, as it is.
    pub fn put_member(&self, list: &str, member: Member) {
        self.change(|account| {
            let members = account.members.entry(list.to_owned()).or_default();
            match members.iter_mut().find(|known| known.id == member.id) {
                Some(known) => *known = member,
                None => members.push(member),
            }
        });
    }

    /// Moves a member to another status. False if there is no such member.
    pub fn set_member_status(&self, list: &str, id: &str, status: Status, stamp: Stamp) -> bool {
        self.change_member(list, id, stamp, |member| member.status = status)
    }

    /// Changes a member. False if there is no such member.
    pub fn change_member(
        &self,
        list: &str,
        id: &str,
        stamp: Stamp,
        change: impl FnOnce(&mut Member),
    ) -> bool {
        let before = self.read(|account| {
            account.members_of(list).iter().find(|member| member.id == id).map(|member| member.changed)
        });
        let Some(before) = before else { return false };
        let changed = self.stamp(stamp, before);
        self.change(|account| {
            let mut members = account.members.get_mut(list).into_iter().flatten();
            let Some(member) = members.find(|member| member.id == id) else { return false };
            change(member);
            member.changed = changed;
            true
        })
    }

    /// Deletes a member for good. False if there is no such member.
    pub fn delete_member(&self, list: &str, id: &str) -> bool {
        self.change(|account| {
            let Some(members) = account.members.get_mut(list) else { return false };
            let before = members.len();
            members.retain(|member| member.id != id);
            members.len() < before
        })
    }

    /// Adds an interaction of a recipient with a campaign. False if the campaign did not go there.
    pub fn add_activity(&self, campaign: &str, member: &str, activity: Activity) -> bool {
        self.change(|account| {
            let campaigns = account.campaigns.iter_mut().filter(|known| known.id == campaign);
            let mut recipients =
                campaigns.flat_map(|known| &mut known.recipients).filter(|known| known.id == member);
            recipients.next().map(|recipient| recipient.activity.push(activity)).is_some()
        })
    }

    /// Lets a member leave because of a campaign: status, report and stamp. False if either does not exist.
    pub fn unsubscribe(&self, campaign: &str, member: &str, reason: &str) -> bool {
        let at = self.now();
        let list = self.change(|account| {
            let campaign = account.campaigns.iter_mut().find(|known| known.id == campaign)?;
            let email = campaign.recipients.iter().find(|known| known.id == member)?.email.clone();
            let reason = reason.to_owned();
            campaign.unsubscribes.push(Unsubscribe { id: member.to_owned(), email, at, reason });
            Some(campaign.list_id.clone())
        });
        list.is_some_and(|list| {
            self.change_member(&list, member, Stamp::At(at), |member| {
                member.status = Status::Unsubscribed;
                reason.clone_into(&mut member.unsubscribe_reason);
            })
        })
    }
}

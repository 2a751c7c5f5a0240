//! Key packages: what a device leaves behind so that others can add it to a group while it is away.

use kuvert_wire::{ErrorCode, InboxId, PutKeyPackages, TakeKeyPackage, limits};

use super::{Outcome, Success, Work, refused};
use crate::store::{LAST_RESORT, StoreError, Table, package_key};

impl Work<'_, '_> {
    /// Adds key packages to an owner's inbox.
    pub(super) fn put_key_packages(&mut self, inbox: InboxId, request: &PutKeyPackages) -> Outcome {
        let Some(mut row) = self.tx.inbox(inbox)? else { return refused(ErrorCode::NoSuchInbox) };
        let fits =
            request.one_time.iter().chain(&request.last_resort).all(|p| p.len() <= limits::MAX_KEY_PACKAGE);
        let replaces = request.replaces == Some(true);
        let kept = if replaces { 0 } else { row.packages() };
        if !fits || kept + request.one_time.len() > limits::MAX_KEY_PACKAGES {
            return refused(ErrorCode::TooLarge);
        }
        if replaces {
            for place in row.package_head..row.package_next {
                self.tx.remove(Table::Packages, package_key(inbox, place));
            }
            row.package_head = row.package_next;
        }
        for package in &request.one_time {
            self.tx.put(Table::Packages, package_key(inbox, row.package_next), package.to_vec());
            row.package_next += 1;
        }
        if let Some(package) = &request.last_resort {
            self.tx.put(Table::Packages, package_key(inbox, LAST_RESORT), package.to_vec());
            row.last_resort = true;
        }
        self.tx.put_inbox(inbox, &row);
        Ok(Ok(Success::Accepted(0)))
    }

    /// Hands out the oldest one-time key package, or the one of last resort.
    pub(super) fn take_key_package(&mut self, request: &TakeKeyPackage) -> Outcome {
        let inbox = request.inbox;
        let mut row = match self.depositable(inbox, &request.token)? {
            Ok(row) => row,
            Err(code) => return refused(code),
        };
        let package = if row.packages() > 0 {
            let key = package_key(inbox, row.package_head);
            let package = self.tx.get(Table::Packages, &key)?;
            self.tx.remove(Table::Packages, key);
            row.package_head += 1;
            self.tx.put_inbox(inbox, &row);
            package
        } else if row.last_resort {
            let package = self.tx.get(Table::Packages, &package_key(inbox, LAST_RESORT))?;
            return Ok(Ok(Success::LastResort(package.ok_or(StoreError::Corrupt)?.into())));
        } else {
            return refused(ErrorCode::NoKeyPackage);
        };
        Ok(Ok(Success::KeyPackage(package.ok_or(StoreError::Corrupt)?.into())))
    }
}

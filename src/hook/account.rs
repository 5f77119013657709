//! As whom a hook runs.

use std::fs;

use super::Distrust;

const PASSWD: &str = "/etc/passwd";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The account to change to; `None`: it stays ours. Only root can be another, and root has to be one.
    pub fn of(user: Option<&str>) -> Result<Option<Self>, Distrust> {
        let own = rustix::process::geteuid();
        let Some(user) = user else {
            return if own.is_root() {
                Err(Distrust::Root)
            } else {
                Ok(None)
            };
        };
        let passwd = fs::read_to_string(PASSWD).unwrap_or_default();
        let Some(account) = Self::named(user, &passwd) else {
            return Err(Distrust::NoUser(user.to_owned()));
        };
        if own.is_root() {
            Ok(Some(account))
        } else if own.as_raw() == account.uid {
            Ok(None)
        } else {
            Err(Distrust::NotRoot(user.to_owned()))
        }
    }

    /// By its line in passwd(5): `name:password:uid:gid:...`.
    fn named(user: &str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(user) {
                return None;
            }
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { uid, gid })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn accounts_are_found_by_name() {
        let passwd =
            "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:nobody:/:/x\nbad:x:one:2::/:\n";
        let nobody = Account {
            uid: 65534,
            gid: 65533,
        };
        assert_eq!(Account::named("nobody", passwd), Some(nobody));
        for none in ["nobod", "", "bad", "65534", "nobody:x"] {
            assert_eq!(Account::named(none, passwd), None, "{none}");
        }
    }
}

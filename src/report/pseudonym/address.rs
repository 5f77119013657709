//! Pseudonyms of addresses: what is in one /24, or /48, stays in one.
//!
//! IPv4 becomes 240.0.0.0/4, which nobody has (RFC 1112, section 4): 20 bits are left for the network, so that of a
//! thousand networks two may come to be one. IPv6 becomes `fd00::/8` (RFC 4193), whose 40 bits are enough.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Rounds of the permutation of the last octet.
const ROUNDS: u8 = 4;

pub(super) fn pseudonym(key: &[u8; 32], address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(four(key, address)),
        IpAddr::V6(address) => IpAddr::V6(six(key, address)),
    }
}

fn four(key: &[u8; 32], address: Ipv4Addr) -> Ipv4Addr {
    let [a, b, c, host] = address.octets();
    let net = [4, a, b, c];
    let hash = *blake3::keyed_hash(key, &net).as_bytes();
    // Two halves of four bits each, so that no two hosts become one (Feistel).
    let (mut left, mut right) = (host >> 4, host & 15);
    for round in 0..ROUNDS {
        let mixed = blake3::keyed_hash(&hash, &[round, right]).as_bytes()[0] & 15;
        (left, right) = (right, left ^ mixed);
    }
    Ipv4Addr::new(0xf0 | hash[0] & 15, hash[1], hash[2], left << 4 | right)
}

fn six(key: &[u8; 32], address: Ipv6Addr) -> Ipv6Addr {
    let octets = address.octets();
    let net = *blake3::keyed_hash(key, &octets[..6]).as_bytes();
    let host = *blake3::keyed_hash(key, &octets).as_bytes();
    let mut told = [0; 16];
    told[0] = 0xfd;
    told[1..6].copy_from_slice(&net[..5]);
    told[6..].copy_from_slice(&host[..10]);
    Ipv6Addr::from(told)
}

#[cfg(test)]
mod tests {
    use super::{four, six};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn hosts_of_a_network_stay_apart() {
        let told: BTreeSet<Ipv4Addr> = (0..=255)
            .map(|host| four(&[3; 32], Ipv4Addr::new(203, 0, 113, host)))
            .collect();
        assert_eq!(told.len(), 256);
        let nets: BTreeSet<[u8; 3]> = told
            .iter()
            .map(|a| [a.octets()[0], a.octets()[1], a.octets()[2]])
            .collect();
        assert_eq!(nets.len(), 1);
    }

    proptest! {
        #[test]
        fn networks_stay_together(net in any::<[u8; 6]>(), one in any::<[u8; 10]>(), other in any::<[u8; 10]>()) {
            let of = |host: [u8; 10]| {
                let mut octets = [0; 16];
                octets[..6].copy_from_slice(&net);
                octets[6..].copy_from_slice(&host);
                six(&[3; 32], Ipv6Addr::from(octets)).octets()
            };
            prop_assert_eq!(&of(one)[..6], &of(other)[..6]);
            prop_assert!(one == other || of(one) != of(other));
            prop_assert_eq!(of(one)[0], 0xfd);
        }
    }
}

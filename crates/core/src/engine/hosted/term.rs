//! Terms: who leads after whom.
//!
//! A term is counted on from the newest one that its leader has heard of, and ends in a few bits of the leader's name. Two
//! leaders that count on from the same term, because nothing was kept of the first, do not have the same one.

use crate::{checksum::crc32, limits};

/// How many bits are the name's.
const NAME_BITS: u32 = 20;
/// The highest count. Nobody comes to it by counting; whoever is told of a higher one still leads in a term that can be read.
const COUNTS: u64 = (limits::REVISION >> NAME_BITS) - 1;
/// How many bits of the name revisions jump by.
const JUMP_BITS: u32 = 24;

/// The term of a member that leads after those of a term.
pub(super) fn after(known: u64, member: &str) -> u64 {
    (count(known) + 1).min(COUNTS) << NAME_BITS | bits(member, NAME_BITS)
}

/// Whether the leaders of two terms did not know of each other.
pub(super) fn are_rivals(one: u64, other: u64) -> bool {
    one != other && count(one) == count(other)
}

/// How far revisions jump where some may have been given out and lost. That is not as far for another leader, so that what two
/// of them give out from the same revision on is told apart.
pub(super) fn jump(member: &str) -> u64 {
    (1 << 20) + bits(member, JUMP_BITS)
}

fn count(term: u64) -> u64 {
    term >> NAME_BITS
}

fn bits(member: &str, bits: u32) -> u64 {
    u64::from(crc32(member.as_bytes())) & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_counted_and_told_apart() {
        let first = after(0, "one");
        assert!(first < after(first, "one") && first < after(first, "two"));
        assert_ne!(after(first, "one"), after(first, "two"));
        assert!(are_rivals(after(first, "one"), after(first, "two")));
        assert!(!are_rivals(first, first) && !are_rivals(first, after(first, "two")));
    }

    #[test]
    fn no_term_is_too_large_to_be_read() {
        assert!(after(u64::MAX, "one") < limits::REVISION);
    }

    #[test]
    fn jumps_are_told_apart() {
        assert_ne!(jump("one"), jump("two"));
    }
}

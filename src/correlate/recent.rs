//! Looking things up in long lists of which little but the end is asked for.

use std::collections::VecDeque;

/// So many at the end are looked at first: the others lie far apart in memory.
const NEAR: usize = 64;

/// As [`VecDeque::partition_point`]: how many come first for which `is_before` holds.
pub(super) fn partition_point<T>(list: &VecDeque<T>, is_before: impl Fn(&T) -> bool) -> usize {
    let near = list.len().saturating_sub(NEAR);
    let is_near = near == 0 || is_before(&list[near]);
    let (mut low, mut high) = if is_near {
        (near, list.len())
    } else {
        (0, near)
    };
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_before(&list[middle]) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::collection::vec;
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::partition_point;

    proptest! {
        #[test]
        fn it_is_that_of_the_list(mut list in vec(0..300_u16, 0..200), limit in 0..300_u16) {
            list.sort_unstable();
            let list: VecDeque<_> = list.into();
            let found = partition_point(&list, |&number| number < limit);
            prop_assert_eq!(found, list.partition_point(|&number| number < limit));
        }
    }
}

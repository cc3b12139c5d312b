//! The order of a list that users arrange by hand.

/// Moves `moved` to index `place`, or to the end when the list is shorter. Adds it when the list does not contain it.
#[must_use]
pub(super) fn placed<Id: Copy + PartialEq>(ids: &[Id], moved: Id, place: usize) -> Vec<Id> {
    let mut order: Vec<Id> = ids.iter().copied().filter(|id| *id != moved).collect();
    order.insert(place.min(order.len()), moved);
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_moved_item_is_at_its_place_and_the_others_keep_their_order() {
        assert_eq!(placed(&[1, 2, 3], 3, 0), [3, 1, 2]);
        assert_eq!(placed(&[1, 2, 3], 1, 1), [2, 1, 3]);
        assert_eq!(placed(&[1, 2, 3], 2, 1), [1, 2, 3]);
        assert_eq!(placed(&[1, 2, 3], 1, 99), [2, 3, 1]);
        assert_eq!(placed(&[] as &[i64], 7, 3), [7]);
    }

    proptest! {
        #[test]
        fn no_item_is_lost_or_duplicated(length in 0..20_i64, moved in 0..20_i64, place in 0..30_usize) {
            let ids: Vec<i64> = (0..length).collect();
            let mut order = placed(&ids, moved, place);
            order.sort_unstable();
            let mut wanted = ids;
            if moved >= length {
                wanted.push(moved);
            }
            prop_assert_eq!(order, wanted);
        }
    }
}

//! The order of a team's entries.

use shared::ids::TeamId;

use super::entry::Entry;

/// Returns the team's active entries, or its archived ones.
pub(super) fn of_team(
    entries: &[Entry],
    team: Option<TeamId>,
    archived: bool,
) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.team_id == team && entry.archived == archived)
}

/// Moves an active entry by one position in its team's list. Returns the new position and the length of the list, or
/// `None` if the entry is already at the end.
pub(super) fn shift(entries: &mut [Entry], id: i64, up: bool) -> Option<(usize, usize)> {
    let team = entries.iter().find(|entry| entry.id == id)?.team_id;
    let places: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.team_id == team && !entry.archived)
        .map(|(place, _)| place)
        .collect();
    let at = places.iter().position(|&place| entries.get(place).is_some_and(|entry| entry.id == id))?;
    let to = if up { at.checked_sub(1)? } else { at + 1 };
    entries.swap(*places.get(at)?, *places.get(to)?);
    Some((to, places.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: i64, team: Option<i64>, archived: bool) -> Entry {
        Entry { id, team_id: team.map(TeamId), name: id.to_string(), archived, ..Entry::default() }
    }

    fn entries() -> Vec<Entry> {
        vec![
            entry(1, Some(1), false),
            entry(2, None, false),
            entry(3, Some(1), false),
            entry(4, Some(1), false),
            entry(5, Some(1), true),
        ]
    }

    fn ids(entries: &[Entry], team: Option<i64>) -> Vec<i64> {
        of_team(entries, team.map(TeamId), false).map(|entry| entry.id).collect()
    }

    #[test]
    fn an_entry_moves_only_within_its_team() {
        let mut entries = entries();
        assert_eq!(shift(&mut entries, 3, true), Some((0, 3)));
        assert_eq!(ids(&entries, Some(1)), [3, 1, 4]);
        assert_eq!(shift(&mut entries, 1, false), Some((2, 3)));
        assert_eq!(ids(&entries, Some(1)), [3, 4, 1]);
        assert_eq!(ids(&entries, None), [2]);
    }

    #[test]
    fn an_entry_at_the_end_does_not_move_further() {
        let mut entries = entries();
        assert_eq!(shift(&mut entries, 1, true), None);
        assert_eq!(shift(&mut entries, 4, false), None);
        assert_eq!(shift(&mut entries, 2, false), None);
        assert_eq!(shift(&mut entries, 9, false), None);
        assert_eq!(ids(&entries, Some(1)), [1, 3, 4]);
    }

    #[test]
    fn archived_entries_are_listed_separately() {
        let entries = entries();
        let archived: Vec<i64> = of_team(&entries, Some(TeamId(1)), true).map(|entry| entry.id).collect();
        assert_eq!(archived, [5]);
    }
}

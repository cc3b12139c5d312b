//! External merge sort of byte records: sorted runs go to an unnamed temporary file, which the system deletes even
//! after a crash, and are merged while they are read. Decision 10 says why the database does not sort
//! (docs/decisions/0010-daily-files-are-sorted-outside-the-database.md).

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Read buffers in bytes: for all runs together, and the minimum and maximum for one run.
const READ_AHEAD: usize = 8 * 1024 * 1024;
const MIN_RUN_BUFFER: usize = 8 * 1024;
const MAX_RUN_BUFFER: usize = 64 * 1024;
/// Size of the sort buffers in bytes, above glibc's largest mmap threshold (32 MiB): such an allocation is returned to
/// the system when it is freed, while smaller ones stay in the heap of each thread. Only pages that are written to use
/// memory.
const ABOVE_MMAP_THRESHOLD: usize = 33 * 1024 * 1024;

/// Sort key: the first number, then the second. The sort is stable.
pub(in crate::daily_files) type Key = (u64, u64);
/// A record's key, and the range of its bytes in the buffer.
type Entry = (Key, Range<u32>);

/// Collects records in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    // In bytes.
    memory_limit: usize,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    file: Option<File>,
    runs: Vec<Range<u64>>,
}

impl Sorter {
    /// Creates a sorter that holds about `memory_limit` bytes in memory, and the rest in a temporary file in `folder`.
    pub(super) fn new(folder: &Path, memory_limit: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            memory_limit,
            entries: Vec::with_capacity(ABOVE_MMAP_THRESHOLD / size_of::<Entry>()),
            bytes: Vec::with_capacity(ABOVE_MMAP_THRESHOLD),
            file: None,
            runs: Vec::new(),
        }
    }

    /// Adds a record, whose bytes `write` appends to the buffer.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) fn push(&mut self, key: Key, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.entries.push((key, offset(start)?..offset(self.bytes.len())?));
        let waiting = self.bytes.len() + self.entries.len() * size_of::<Entry>();
        if waiting >= self.memory_limit { self.spill() } else { Ok(()) }
    }

    fn sort(&mut self) {
        self.entries.sort_unstable_by_key(|(key, range)| (*key, range.start, range.end));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile_in(&self.folder)?);
        }
        let Some(file) = &self.file else { return Ok(()) };
        let start = self.runs.last().map_or(0, |run| run.end);
        let mut end = start;
        let mut writer = BufWriter::with_capacity(MAX_RUN_BUFFER, file);
        for (key, range) in self.entries.drain(..) {
            let bytes = slice(&self.bytes, &range);
            writer.write_all(&key.0.to_le_bytes())?;
            writer.write_all(&key.1.to_le_bytes())?;
            writer.write_all(&offset(bytes.len())?.to_le_bytes())?;
            writer.write_all(bytes)?;
            end += 20 + u64::try_from(bytes.len()).unwrap_or_default();
        }
        writer.flush()?;
        self.bytes.clear();
        self.runs.push(start..end);
        Ok(())
    }

    /// Returns all records in order.
    ///
    /// # Errors
    /// When the temporary file cannot be written or read.
    pub(super) fn finish(mut self) -> io::Result<Sorted> {
        if self.file.is_none() {
            self.sort();
            return Ok(Sorted::Memory { entries: self.entries.into_iter(), bytes: self.bytes });
        }
        self.spill()?;
        // Frees the buffers before the runs allocate theirs.
        (self.entries, self.bytes) = (Vec::new(), Vec::new());
        let file = Arc::new(self.file.ok_or(io::ErrorKind::NotFound)?);
        let ahead = (READ_AHEAD / self.runs.len().max(1)).clamp(MIN_RUN_BUFFER, MAX_RUN_BUFFER);
        let mut heap = BinaryHeap::with_capacity(self.runs.len());
        let mut runs = Vec::with_capacity(self.runs.len());
        for (number, range) in self.runs.into_iter().enumerate() {
            let mut run = Run::new(Arc::clone(&file), range, ahead);
            if let Some(key) = run.next_key()? {
                heap.push(Reverse((key, number)));
            }
            runs.push(run);
        }
        Ok(Sorted::Runs { heap, runs })
    }
}

/// The sorted records.
#[derive(Debug)]
pub(in crate::daily_files) enum Sorted {
    /// All records fit into memory.
    Memory { entries: std::vec::IntoIter<Entry>, bytes: Vec<u8> },
    /// Runs in the temporary file. The heap holds the next key of each run.
    Runs { heap: BinaryHeap<Reverse<(Key, usize)>>, runs: Vec<Run> },
}

impl Sorted {
    /// Returns the key of the next record, and puts its bytes into `bytes`.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub(in crate::daily_files) fn next(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Key>> {
        bytes.clear();
        match self {
            Sorted::Memory { entries, bytes: all } => Ok(entries.next().map(|(key, range)| {
                bytes.extend_from_slice(slice(all, &range));
                key
            })),
            Sorted::Runs { heap, runs } => {
                let Some(Reverse((key, number))) = heap.pop() else { return Ok(None) };
                let run = runs.get_mut(number).ok_or(io::ErrorKind::InvalidData)?;
                run.take(bytes)?;
                if let Some(key) = run.next_key()? {
                    heap.push(Reverse((key, number)));
                }
                Ok(Some(key))
            }
        }
    }
}

/// A sorted part of the temporary file.
#[derive(Debug)]
pub(in crate::daily_files) struct Run {
    reader: BufReader<Part>,
}

impl Run {
    fn new(file: Arc<File>, range: Range<u64>, ahead: usize) -> Self {
        Self { reader: BufReader::with_capacity(ahead, Part { file, range }) }
    }

    fn next_key(&mut self) -> io::Result<Option<Key>> {
        if self.reader.buffer().is_empty() && self.reader.get_ref().range.is_empty() {
            return Ok(None);
        }
        Ok(Some((self.number()?, self.number()?)))
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.reader.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn take(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut length = [0; 4];
        self.reader.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        let read = self.reader.by_ref().take(length).read_to_end(bytes)?;
        if u64::try_from(read).is_ok_and(|read| read == length) {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// A range of the temporary file, which several runs read.
#[derive(Debug)]
struct Part {
    file: Arc<File>,
    range: Range<u64>,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..wanted).unwrap_or_default(), self.range.start)?;
        self.range.start += u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

fn offset(place: usize) -> io::Result<u32> {
    u32::try_from(place).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u32>) -> &'a [u8] {
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(place(range.start)..place(range.end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(things: &[(Key, Vec<u8>)], memory_limit: usize) -> Vec<(Key, Vec<u8>)> {
        let mut sorter = Sorter::new(&std::env::temp_dir(), memory_limit);
        for (key, bytes) in things {
            sorter.push(*key, |all| all.extend_from_slice(bytes)).unwrap();
        }
        let mut sorted = sorter.finish().unwrap();
        let (mut found, mut bytes) = (Vec::new(), Vec::new());
        while let Some(key) = sorted.next(&mut bytes).unwrap() {
            found.push((key, bytes.clone()));
        }
        found
    }

    proptest! {
        #[test]
        fn the_order_does_not_depend_on_the_memory_limit(
            mut things in proptest::collection::vec(((0..50_u64, 0..9_u64), proptest::collection::vec(0..9_u8, 0..20)), 0..200),
            memory_limit in 40..4000_usize,
        ) {
            let found = sorted(&things, memory_limit);
            things.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(found, things, "the sort is stable");
        }
    }
}

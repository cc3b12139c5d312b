//! Puts the text of a message that is not sent after all back into the message box.

use super::{
    Composer,
    draft::{Details, Draft},
};

impl<D: Details> Draft<D> {
    /// Takes the text of `undone`. What was written meanwhile stays below it.
    fn take_back(&mut self, undone: &Self) {
        if self.text.is_empty() {
            self.text = undone.text.clone();
            self.template.clone_from(&undone.template);
        } else {
            let both = format!("{}\n\n{}", undone.text.shown(), self.text.shown());
            self.edit(both);
        }
    }
}

impl<D: Details> Composer<D> {
    /// Puts the text of a message that was taken back into the message box, and focuses it. The message gets a new
    /// idempotency key, which the box has since the first one was sent.
    pub(crate) fn give_back(self, undone: &Draft<D>) {
        self.change(|draft| draft.take_back(undone));
        self.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::text::Text, *};

    impl Details for () {}

    fn draft(text: &str) -> Draft<()> {
        Draft {
            text: Text::new(text.to_owned()),
            template: None,
            key: "a key".to_owned(),
            details: (),
            saved_at: None,
            edited_at: None,
        }
    }

    #[test]
    fn what_was_written_meanwhile_stays_below_the_text_that_comes_back() {
        for (now, expected) in [("", "Friday"), ("And you?", "Friday\n\nAnd you?")] {
            let mut now = draft(now);
            now.take_back(&draft("Friday"));
            assert_eq!(now.text.shown(), expected);
        }
    }
}

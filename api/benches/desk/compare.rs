//! Prints the figures of a quick run beside the stored ones.

use crate::figures::{Figure, Part, Record, Run};

/// Prints each figure with its ratio to the stored one. The figures of another machine are not comparable, so on another
/// machine the ratios to what ran beside are compared where there are any.
pub(crate) fn print(run: &Run, stored: &Record) {
    let Some(committed) = stored.runs.get(&Part::Main) else {
        println!("docs/benchmarks.json has no figures to compare with.");
        return run.figures.iter().for_each(|figure| println!("{}", line(figure, None, true)));
    };
    let same_machine = committed.machine == run.machine;
    println!(
        "\nCompared with docs/benchmarks.json of {}.\nMore is better for figures a second, less is better for others.",
        committed.date
    );
    if !same_machine {
        println!(
            "That was another machine ({}).\nSo ratios to what ran beside are compared, marked with *, and the \
             figures themselves only where there is no such ratio.",
            committed.machine
        );
    }
    for figure in &run.figures {
        let before = committed.figures.iter().find(|before| before.is_same_as(figure));
        println!("{}", line(figure, before, same_machine));
    }
}

fn line(figure: &Figure, before: Option<&Figure>, same_machine: bool) -> String {
    let Figure { database, what, value, unit, .. } = figure;
    let shown = format!("{database:<11}{what:<66}{value:>9.1} {unit:<4}");
    let Some(before) = before else { return format!("{shown}  no earlier figure") };
    match (figure.ratio(), before.ratio()) {
        (Some(now), Some(then)) if !same_machine => {
            format!("{shown}{now:>9.3} *  {then:>9.3} * before{:>8.2}", now / then)
        }
        _ => format!("{shown}  {:>9.1} {unit:<4} before{:>8.2}", before.value, value / before.value),
    }
}

//! `bench [--runner PROGRAM] [--server PROGRAM] [PART …]`; `scripts/bench` builds what it needs and calls it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use testkit::bench::{self, Machine, PARTS, Setup, table};

const USAGE: &str = "usage: bench [--runner PROGRAM] [--server PROGRAM] [PART …]";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Vec<String>) -> bench::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", folder, address, runner] = words.as_slice() {
        return bench::serve(Path::new(folder), address.parse()?, Path::new(runner)).await;
    }
    let setup = setup(&words)?;
    let before = Machine::look();
    let figures = bench::run(&setup).await?;
    println!("before: {before}\nafter:  {}\n", Machine::look());
    println!("{}", table::render(&figures));
    Ok(())
}

fn setup(words: &[&str]) -> bench::Result<Setup> {
    let beside = std::env::current_exe()?;
    let mut setup = Setup { runner_program: beside.with_file_name("tidegate-runner"), server_program: None, only: Vec::new() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut program = || words.next().map(PathBuf::from).ok_or_else(|| format!("{word} needs a program; {USAGE}"));
        match *word {
            "--runner" => setup.runner_program = program()?,
            "--server" => setup.server_program = Some(program()?),
            part if PARTS.contains(&part) => setup.only.push(part.to_owned()),
            other => return Err(format!("{other:?} is no part to measure; expected some of {}; {USAGE}", PARTS.join(", ")).into()),
        }
    }
    if !setup.runner_program.is_file() {
        return Err(format!("{} is not there: build tidegate-runner or name it with --runner", setup.runner_program.display()).into());
    }
    Ok(setup)
}

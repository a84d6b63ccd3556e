//! A server that enters the accounts of an emulator, as a process of its own that a test can kill.

use clap::Parser;

fn main() {
    testkit::aws::ServerCommand::parse().run();
}

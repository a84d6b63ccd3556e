//! How fast secrets are masked: `cargo run --release -p tidegate-runner --example mask_speed`.

use protocol::Secret;
use runner::mask::Masker;

const SECRETS: usize = 1_000;
const MEGABYTES: usize = 256;
/// As much as a supervisor reads at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Of this process, so that a busy machine does not blur the figure.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let random = |length: usize, seed: usize| -> String {
        let mut state = seed as u64 * 0x9E37_79B9_7F4A_7C15 + 1;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state % 64) as usize])
            })
            .collect()
    };
    let secrets: Vec<_> = (0..SECRETS).map(|seed| Secret { name: format!("S{seed}"), value: random(40, seed) }).collect();
    let begun = cpu_seconds();
    let masker = Masker::new(&secrets)?;
    println!("prepared for {SECRETS} secrets in {:.2} s", cpu_seconds() - begun);
    let line = |number: usize| {
        format!(
            "{number:>8}  Compiling some-crate v0.{}.{} (/home/build/workspace/some-crate) took {} ms\n",
            number % 90,
            number % 7,
            number % 999
        )
    };
    let plain: String = (0..4_000).map(line).collect();
    let noisy: String = (0..4_000)
        .map(|number| {
            format!("{} {}\n", random(80, number + 5_000), if number % 50 == 0 { secrets[number % SECRETS].value.as_str() } else { "" })
        })
        .collect();
    for (name, text) in [("a compiler's output", plain), ("random base64, with secrets in it", noisy)] {
        let (mut stream, mut out, mut bytes) = (masker.stream(), Vec::new(), 0);
        let begun = cpu_seconds();
        while bytes < MEGABYTES * 1_000_000 {
            for piece in text.as_bytes().chunks(PIECE_BYTES) {
                stream.push(piece, &mut out);
                out.clear();
                bytes += piece.len();
            }
        }
        println!("{name}: {:.0} MB/s of a core", bytes as f64 / 1e6 / (cpu_seconds() - begun));
    }
    Ok(())
}

use std::os::unix::fs::PermissionsExt as _;

use protocol::{ArtifactInput, ArtifactOutput, Checkout, Outcome};

use crate::machine::{Machine, git, job};

fn output(name: &str, path: &str) -> ArtifactOutput {
    ArtifactOutput { name: name.to_owned(), path: path.to_owned() }
}

#[test]
fn p2_what_one_job_leaves_another_starts_with_byte_for_byte() {
    let machine = Machine::start(&[]);
    let mut first = job(
        "p.7.build.1",
        &["mkdir -p out/bin; echo '#!/bin/sh\necho ran' > out/bin/run; chmod 755 out/bin/run; ln -s bin/run out/link; cp out/bin/run tool"],
    );
    first.artifacts_out = vec![output("tree", "out"), output("tool", "tool")];
    let first = machine.server.queue(first);
    let report = machine.server.report_of(&first);
    assert_eq!(report.outcome, Outcome::Succeeded, "{}", machine.server.log_of(&first));
    assert_eq!(
        report.artifacts.iter().map(|artifact| (artifact.is_folder, artifact.mode)).collect::<Vec<_>>(),
        [(true, 0o755), (false, 0o755)]
    );

    let mut second =
        job("p.7.use.1", &["used/bin/run; used/link; tools/tool; \"$TIDEGATE_ARTIFACTS/tree/bin/run\"; \"$TIDEGATE_ARTIFACTS/tool\""]);
    for (artifact, path) in report.artifacts.iter().zip(["used", "tools/tool"]) {
        let bytes = {
            let world = machine.server.world.lock();
            let upload = &world.attempts[&first].artifacts[&artifact.name];
            assert_eq!((upload.is_folder, upload.mode.as_str()), (artifact.is_folder, "755"));
            upload.bytes.clone()
        };
        assert_eq!(machine.server.store(&bytes), artifact.digest);
        second.artifacts_in.push(ArtifactInput {
            name: artifact.name.clone(),
            digest: artifact.digest.clone(),
            size_bytes: artifact.size_bytes,
            path: path.to_owned(),
            is_folder: artifact.is_folder,
            mode: artifact.mode,
        });
    }
    let second = machine.server.queue(second);
    assert_eq!(machine.server.report_of(&second).outcome, Outcome::Succeeded, "{}", machine.server.log_of(&second));
    assert_eq!(machine.server.log_of(&second).matches("ran\n").count(), 5);
}

#[test]
fn a_missing_artifact_fails_a_job_that_succeeded_and_a_failed_job_leaves_what_it_has() {
    let machine = Machine::start(&["--slots", "2"]);
    let mut missing = job("p.7.missing.1", &["true"]);
    missing.artifacts_out = vec![output("app", "dist/app")];
    let missing = machine.server.queue(missing);
    let detail = "the artifact \"app\" is missing: the job was to leave \"dist/app\" in its workspace, and nothing is there".to_owned();
    assert_eq!(machine.server.report_of(&missing).outcome, Outcome::Error { detail });

    let mut failed = job("p.7.failed.1", &["echo '<report/>' > report.xml; exit 1"]);
    failed.artifacts_out = vec![output("app", "dist/app"), output("report", "report.xml")];
    let failed = machine.server.queue(failed);
    let report = machine.server.report_of(&failed);
    assert_eq!(report.outcome, Outcome::Failed { exit_code: 1, step: "step-0".to_owned() });
    assert_eq!(report.artifacts.iter().map(|artifact| artifact.name.as_str()).collect::<Vec<_>>(), ["report"]);

    let mut outside = job("p.7.outside.1", &["ln -s /etc/passwd leak"]);
    outside.artifacts_out = vec![output("leak", "leak")];
    let outside = machine.server.queue(outside);
    let outcome = machine.server.report_of(&outside).outcome;
    assert!(matches!(&outcome, Outcome::Error { detail } if detail.contains("leads outside the workspace")), "{outcome:?}");
}

#[test]
fn id10_an_input_with_other_bytes_than_its_digest_is_never_used() {
    let machine = Machine::start(&[]);
    let digest = machine.server.store(b"the right bytes");
    machine.server.world.lock().blobs.insert(digest.to_string(), b"the wrong bytes".to_vec());
    let mut wanted = job("p.7.use.1", &["echo never"]);
    wanted.artifacts_in =
        vec![ArtifactInput { name: "app".to_owned(), digest, size_bytes: 15, path: "app".to_owned(), is_folder: false, mode: 0o644 }];
    let attempt = machine.server.queue(wanted);
    let outcome = machine.server.report_of(&attempt).outcome;
    assert!(matches!(&outcome, Outcome::Error { detail } if detail.contains("\"app\" could not be fetched")), "{outcome:?}");
    assert!(!machine.server.log_of(&attempt).contains("never"));
}

#[test]
fn a_checkout_is_exactly_the_commit_also_when_the_branch_moved_on() {
    let machine = Machine::start(&["--slots", "4"]);
    let source = machine.folder.path().join("source");
    std::fs::create_dir(&source).expect("folder");
    git(&source, &["init", "--quiet"]);
    let mut commits = Vec::new();
    for content in ["one", "two", "three"] {
        std::fs::write(source.join("file"), content).expect("written");
        std::fs::write(source.join("run.sh"), format!("#!/bin/sh\necho content {content}\n")).expect("written");
        std::fs::set_permissions(source.join("run.sh"), std::fs::Permissions::from_mode(0o755)).expect("mode");
        git(&source, &["add", "."]);
        git(&source, &["commit", "--quiet", "-m", content]);
        commits.push(git(&source, &["rev-parse", "HEAD"]));
    }
    let checkout =
        |commit: &str| Some(Checkout { url: source.display().to_string(), commit: commit.to_owned(), reference: "main".to_owned() });
    let mut attempts = Vec::new();
    for (number, commit) in commits.iter().enumerate() {
        let mut wanted =
            job(&format!("p.{number}.build.1"), &["./run.sh; git rev-parse HEAD; git status --short; git log --oneline | wc -l"]);
        wanted.checkout = checkout(commit);
        attempts.push(machine.server.queue(wanted));
    }
    for (number, (attempt, commit)) in attempts.iter().zip(&commits).enumerate() {
        let report = machine.server.report_of(attempt);
        let log = machine.server.log_of(attempt);
        assert_eq!(report.outcome, Outcome::Succeeded, "{log}");
        let content = ["one", "two", "three"][number];
        assert!(log.contains(&format!("content {content}\n{commit}\n{}\n", number + 1)), "{log}");
    }
    let mut unknown = job("p.9.build.1", &["echo never"]);
    unknown.checkout = checkout(&"0".repeat(39).chars().chain(['1']).collect::<String>());
    let unknown = machine.server.queue(unknown);
    let outcome = machine.server.report_of(&unknown).outcome;
    assert!(matches!(&outcome, Outcome::Error { detail } if detail.contains("was not found in")), "{outcome:?}");
    let mut away = job("p.10.build.1", &["echo never"]);
    away.checkout = Some(Checkout { url: "/no/such/repository".to_owned(), commit: commits[0].clone(), reference: "main".to_owned() });
    let away = machine.server.queue(away);
    let outcome = machine.server.report_of(&away).outcome;
    assert!(matches!(&outcome, Outcome::Error { detail } if detail.contains("could not be fetched")), "{outcome:?}");
}

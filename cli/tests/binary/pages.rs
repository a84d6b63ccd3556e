//! What the pages under `docs/pipelines` show, done as whoever reads them would do it.

use crate::program::{Program, Ran};
use crate::site::Site;

const GENERATE: &str = include_str!("../../../docs/pipelines/generate.md");
const OWNER: &str = include_str!("../../../docs/pipelines/owner.md");
const INVENTORY: &str = include_str!("../../../docs/pipelines/inventory.md");
const MATRIX: &str = include_str!("../../../docs/pipelines/matrix.md");
const FLEET: &str = include_str!("../../../docs/pipelines/fleet.md");

/// The first block of a page that is fenced with these words.
fn block(page: &str, fence: &str) -> String {
    let begun = format!("\n```{fence}\n");
    let after = page.split_once(&begun).unwrap_or_else(|| panic!("no block {fence:?}")).1;
    format!("{}\n", after.split_once("\n```").expect("its end").0)
}

/// Every line of what a page says is printed, but for `…`.
fn shows(ran: &Ran, excerpt: &str) {
    let lines: Vec<&str> = excerpt.lines().map(str::trim).filter(|line| *line != "…").collect();
    assert!(lines.len() > 2, "the excerpt is not where it was: {excerpt}");
    let printed: Vec<&str> = ran.stdout.lines().map(str::trim).collect();
    for line in lines {
        assert!(printed.contains(&line), "{line:?} is not in {ran:?}");
    }
}

#[test]
fn generate_md_a_program_adds_jobs_and_the_plan_of_the_release_shows_them() {
    let mut site = Site::new();
    site.program.write("shop/pipeline.py", &block(GENERATE, "python file=pipeline.py").replace("\"unit\", \"browser\"", "\"unit\""));
    site.program.write("shop/Makefile", "lint unit browser load:\n\ttrue\npackage:\n\tmkdir -p dist && touch dist/app\n");
    site.program.write("shop/deploy", "#!/bin/sh\ntrue\n");
    site.sign_in_first(&[]);
    site.connect_as("shop", &block(GENERATE, "yaml dynamic").replace("run: ./deploy", "run: sh ./deploy"));
    site.until_release(1, "completed");
    let log = site.ok(&["logs", "shop", "1", "build/generate"]);
    assert!(log.stdout.contains(r#"{"jobs": [{"name": "unit""#), "what it printed stands in its log: {log:?}");

    site.program.write("shop/pipeline.py", &block(GENERATE, "python file=pipeline.py"));
    site.commit_in("shop", "two");
    site.until_release(2, "completed");
    let plan = site.ok(&["plan", "--release", "shop/2"]);
    let excerpt = GENERATE.split_once("## What was added").expect("a section").1;
    shows(&plan, &block(excerpt, "text").replace("#6", "#1"));

    let nothing = "print('jobs: []')\n";
    site.program.write("shop/pipeline.py", nothing);
    site.commit_in("shop", "three");
    site.until_release(3, "completed");
    assert!(!site.ok(&["plan", "--release", "shop/3"]).stdout.contains("added by"), "it had nothing to add");
    site.program.write("shop/pipeline.py", "import sys\nsys.stdout.buffer.write('jobs: [{name: caf\\u00e9}]'.encode('latin-1'))\n");
    site.commit_in("shop", "four");
    site.until_release(4, "failed");
    let log = site.ok(&["logs", "shop", "4"]);
    assert!(log.stderr.contains("the byte 0xE9 at line 1, column 18 is not UTF-8; in Latin-1 it would be `é`"), "{log:?}");
    assert_eq!(site.run(&["plan", "--release", "shop/9"]).code, 3);
    assert_eq!(site.run(&["plan", "--release", "shop"]).code, 2);
    assert!(site.ok(&["plan", "--release", "shop/2", "--json"]).json()["additions"][0]["last_time"]["release"] == 1);
}

#[test]
fn owner_md_a_policy_refuses_and_an_aspect_adds() {
    let mut site = Site::new();
    let folder = site.program.folder().display().to_string();
    site.program.write(
        "etc/policy.yaml",
        &block(OWNER, "yaml file=policy.yaml").replace("https://github.com/acme/orders", &format!("{folder}/orders")),
    );
    let aspect = block(OWNER, "yaml file=aspect.yaml");
    site.program.write("etc/aspects/guard.yaml", &aspect.replace("stage.production", "stage.prodction"));
    site.program.write("etc/server.toml", &block(OWNER, "toml").replace("/etc/tidegate", &format!("{folder}/etc")));
    let wrong = site.run(&["check-config", "--config", "etc/server.toml"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("there is no value `stage.prodction` here"), "{wrong:?}");
    site.program.write("etc/aspects/guard.yaml", &aspect);
    site.ok(&["check-config", "--config", "etc/server.toml"]);
    site.sign_in_first(&["--config", "etc/server.toml"]);

    let pipeline = block(OWNER, "yaml");
    site.connect_as("orders", &pipeline);
    let plan = site.ok(&["plan", "--release", "orders/1"]);
    shows(&plan, &block(OWNER, "text"));
    site.program.write("other/.tidegate/pipeline.yaml", &pipeline.replace("name: orders", "name: other"));
    site.program.git(&["init", "--quiet", "--initial-branch=main", "other"]);
    site.commit_in("other", "one");
    let refused = site.run(&["connect", "other"]);
    let why = "pipeline.yaml:2:23: the policy does not allow the account `222222222222`: rule `nobody-else-in-production`";
    assert!(refused.code == 4 && refused.stderr.contains(why) && refused.stderr.contains("ask whoever owns the server"), "{refused:?}");
}

#[test]
fn inventory_md_the_plan_says_why_each_target_is_in_its_wave() {
    let program = Program::new();
    program.write("targets.yaml", &block(INVENTORY, "yaml file=targets.yaml"));
    program.write(".tidegate/pipeline.yaml", &block(INVENTORY, "yaml"));
    let plan = program.run(&["plan"]);
    shows(&plan, &block(INVENTORY, "text"));
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16).chain("targets: {a: {}}".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    program.write_bytes("targets.yaml", &utf16);
    let wrong = program.run(&["validate"]);
    assert!(wrong.code == 1 && wrong.stdout.contains("error[encoding]: the file is UTF-16 (little-endian)"), "{wrong:?}");
    assert!(wrong.stdout.contains("--> targets.yaml:1:1") && wrong.stdout.contains("1 | targets: {a: {}}"), "{wrong:?}");
}

#[test]
fn matrix_md_the_plan_lists_the_combinations_that_the_page_names() {
    let program = Program::new();
    program.write(".tidegate/pipeline.yaml", &block(MATRIX, "yaml"));
    let plan = program.run(&["plan"]);
    let sentence = MATRIX.lines().find(|line| line.starts_with("This is four jobs:")).expect("the sentence that names them");
    let named: Vec<&str> = sentence.split('`').skip(1).step_by(2).collect();
    assert_eq!(named.len(), 4, "{sentence}");
    for job in named {
        assert!(plan.stdout.contains(&format!("job {job}: 1 step, at most 2 of")), "{job} is not in {plan:?}");
    }
}

#[test]
fn the_plan_of_every_example_is_what_stands_beside_it() {
    let program = Program::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipelines/examples");
    for example in ["hello", "local", "orders", "monorepo", "generators"] {
        let ran = program.shell(&format!("cd '{examples}/{example}' && \"$TIDEGATE\" validate && \"$TIDEGATE\" plan"));
        let expected = std::fs::read_to_string(format!("{examples}/{example}/plan.txt")).expect("its plan");
        assert!(ran.code == 0 && ran.stdout.ends_with(&expected), "{example}: {ran:?}");
    }
}

/// The repository of the platform team at `v3` and `v4`, and three pipelines that use `v3`.
fn fleet() -> (Site, String) {
    let mut site = Site::new();
    site.sign_in_first(&[]);
    let block = |run: &str| {
        format!(
            "description: Warms a cache\ninputs: {{size: {{type: string, default: small, description: How large}}}}\nverbs: {{shift: [\"{run} ${{{{ inputs.size }}}}\"]}}\n"
        )
    };
    site.program.git(&["init", "--quiet", "--initial-branch=main", "platform"]);
    for (tag, run) in [("v3", "echo warm"), ("v4", "echo hot"), ("v5", "exit 9; echo")] {
        site.program.write("platform/cache/block.yaml", &block(run));
        site.commit_in("platform", tag);
        site.program.git(&["-C", "platform", "tag", tag]);
    }
    let name = format!("git::file://{}/platform//cache", site.program.folder().display());
    for user in ["one", "two", "three"] {
        site.program.git(&["init", "--quiet", "--initial-branch=main", user]);
        let locked = site.program.shell(&format!("cd {user} && \"$TIDEGATE\" blocks add '{name}@v3'"));
        assert_eq!(locked.code, 0, "{locked:?}");
        site.connect_as(
            user,
            &format!("name: {user}\nstages:\n  - {{name: live, targets: [local/{user}], deploy: {{uses: \"{name}@v3\"}}}}\n"),
        );
        site.until_release_of(user, 1, "completed");
    }
    (site, name)
}

#[test]
fn fleet_md_a_version_is_previewed_rolled_out_in_waves_held_and_rolled_back() {
    let (site, name) = fleet();
    let listed = site.ok(&["fleet"]);
    assert_eq!(listed.stdout.lines().filter(|line| line.contains("cache@v3") && line.contains("#1")).count(), 3, "{listed:?}");
    assert!(site.ok(&["fleet", "--block", "nothing"]).stdout.contains("no pipeline uses a block or shape whose name holds \"nothing\""));

    // The two commands of the page, with the name of a repository that is there.
    let commands = block(FLEET, "sh")
        .replace("git::https://git.example/platform/blocks//cache", &name)
        .replace("tidegate fleet", "\"$TIDEGATE\" fleet");
    let (preview, upgrade) = commands.trim_end().split_once('\n').expect("two commands");
    let previewed = site.program.shell(preview);
    assert!(previewed.code == 0 && previewed.stdout.matches("echo warm small → echo hot small").count() >= 3, "{previewed:?}");
    assert_eq!(site.run(&["fleet", "status"]).code, 3, "a preview begins nothing");
    let begun = site.program.shell(upgrade);
    assert!(begun.code == 0 && begun.stdout.contains("cache@v4: rolling"), "{begun:?}");
    let done =
        site.until("the upgrade is done", |site| Some(site.ok(&["fleet", "status"])).filter(|ran| ran.stdout.contains("cache@v4: done")));
    assert_eq!(done.stdout.matches("release #2 has completed").count(), 3, "{done:?}");
    let listed = site.ok(&["fleet", "--block", "cache"]);
    assert_eq!(listed.stdout.matches(&format!("pinned over {name}@v3")).count(), 3, "{listed:?}");
    assert!(site.ok(&["fleet", "preview", &format!("{name}@v4")]).stdout.contains("no pipeline uses another version of it"));

    // One that fails is held at its first wave, and goes back.
    site.ok(&["fleet", "upgrade", &format!("{name}@v5"), "--sizes", "1"]);
    let held =
        site.until("the upgrade is held", |site| Some(site.ok(&["fleet", "status"])).filter(|ran| ran.stdout.contains("cache@v5: held")));
    assert!(held.stdout.contains("release #3 is quarantined") && held.stdout.contains("exit code 9"), "{held:?}");
    assert_eq!(held.stdout.lines().filter(|line| line.contains(" waiting")).count(), 2, "{held:?}");
    let id = site.ok(&["fleet", "status", "--json"]).json()["id"].as_str().expect("an id").to_owned();
    let other = site.run(&["fleet", "upgrade", &format!("{name}@v4")]);
    assert!(other.code == 4 && other.stderr.contains("has not ended"), "{other:?}");
    site.ok(&["fleet", "roll-back", &id, "--reason", "it exits 9"]);
    let back = site.until("it is rolled back", |site| {
        Some(site.ok(&["fleet", "status", &id])).filter(|ran| ran.stdout.contains("rolled back: it exits 9"))
    });
    assert!(back.stdout.matches("it was not reached").count() == 2 && back.stdout.contains("release #4 brings"), "{back:?}");
    assert_eq!(site.ok(&["fleet", "--block", "cache"]).stdout.lines().filter(|line| line.contains("cache@v4")).count(), 3);
}

#[test]
fn the_fleets_commands_say_what_is_wrong_with_them() {
    let (site, name) = fleet();
    let version = |tag: &str| format!("{name}@{tag}");
    for (arguments, code, says) in [
        (vec!["fleet", "preview", "cache"], 2, "cache is not the name of a shared block"),
        (vec!["fleet", "preview", &name], 2, "the version is missing"),
        (vec!["fleet", "preview", &version("v9")], 3, "has no tag v9"),
        (vec!["fleet", "upgrade", &version("v3")], 4, "no pipeline uses another version"),
        (vec!["fleet", "upgrade", &version("v4"), "--sizes", "0"], 4, "sizes of waves are 1 or more each"),
        (vec!["fleet", "upgrade", &version("v4"), "--sizes", "a"], 2, "invalid value 'a'"),
        (vec!["fleet", "status"], 3, "there has been no upgrade"),
        (vec!["fleet", "status", "nothing"], 3, "there is no upgrade nothing"),
        (vec!["fleet", "hold", "nothing"], 2, "--reason"),
        (vec!["fleet", "hold", "nothing", "--reason", "x"], 3, "there is no upgrade nothing"),
        (vec!["fleet", "roll-back", "nothing", "--reason", "x"], 3, "there is no upgrade nothing"),
    ] {
        let ran = site.run(&arguments);
        assert!(ran.code == code && ran.stderr.contains(says), "{arguments:?}: {ran:?}");
    }
    let viewer = site.person("Vera", "viewer");
    let refused = site.run(&["fleet", "upgrade", &version("v4"), "--token", &viewer]);
    assert_eq!(refused.code, 6, "only an admin may: {refused:?}");
}

const SOURCES: &str = include_str!("../../../docs/pipelines/sources.md");

/// Both pipelines come from one repository, so that a release of the shop takes only a release of the library of its own commit.
#[test]
fn sources_md_a_release_takes_what_goes_together_and_says_why_nothing_starts() {
    let mut site = Site::new();
    site.sign_in_first(&[]);
    let config = site.program.folder().join("config").display().to_string();
    site.program.git(&["init", "--quiet", "--initial-branch=main", "config"]);
    site.commit_in("config", "one");
    let shop = block(SOURCES, "yaml")
        .replace("https://git.example/acme/config", &config)
        .replace("library: {pipeline: library, stage: beta}", "library: {pipeline: library}");
    let shop = shop.replace(
        "./build --config $TIDEGATE_SOURCE_CONFIG --library $TIDEGATE_SOURCE_LIBRARY",
        "echo made of $TIDEGATE_SOURCE_CONFIG and $TIDEGATE_SOURCE_LIBRARY",
    );
    let library = "name: library\nstages: [{name: beta, jobs: [{name: package, steps: ['until test -e @FOLDER@/go-$TIDEGATE_RELEASE; do sleep 0.05; done']}]}]\n";
    let root = site.program.folder().display().to_string();
    site.program.write("shop/.tidegate/library.yaml", &library.replace("@FOLDER@", &root));
    site.program.write("go-1", "");
    site.connect_as("shop", &shop);
    let waits = "nothing starts at ";
    let status = site.until("the shop says why nothing starts", |site| {
        Some(site.ok(&["status", "shop"])).filter(|ran| ran.stdout.contains(waits) && ran.stdout.contains("library"))
    });
    assert!(status.stdout.contains("! main of "), "{status:?}");
    site.ok(&["connect", "shop", "--file", ".tidegate/library.yaml", "--poll", "1s"]);
    site.until_release_of("library", 1, "completed");
    site.until_release(1, "completed");
    let log = site.ok(&["logs", "shop", "1"]);
    let head = site.program.shell("git -C config rev-parse HEAD").stdout;
    assert!(log.stdout.contains(&format!("made of {} and 1", head.trim())), "{log:?}");

    // The library of the second commit is not there yet.
    site.commit_in("shop", "two");
    let status = site.until("the shop waits for the library", |site| {
        Some(site.ok(&["status", "shop"])).filter(|ran| ran.stdout.contains("release #1 of library is not of the same"))
    });
    assert!(status.stdout.contains(waits) && status.stdout.contains("and this release would have"), "{status:?}");
    site.program.write("go-2", "");
    site.until_release(2, "completed");
    assert!(!site.ok(&["status", "shop"]).stdout.contains(waits), "it has what it waited for");
    // A commit in the other repository makes a release of the same own commit.
    site.commit_in("config", "two");
    site.until_release(3, "completed");
}

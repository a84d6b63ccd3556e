//! Blocks and shapes of another repository: added, used, updated, described, and refused when they were tampered with.

use crate::program::Program;

const CACHE: &str = "description: Warms a cache
inputs:
  size: {type: integer, default: 10, description: How many entries}
verbs:
  shift: [\"echo warm ${{ inputs.size }}\"]
";
const SERVICE: &str = "description: A service of the platform team
inputs:
  artifact: {type: string, required: true, description: What is deployed}
pipeline:
  stages:
    - {name: build, jobs: [{name: package, steps: [make package], artifacts: {app: dist}}]}
    - name: live
      targets: [local/one]
      deploy: {uses: shell/run, with: {artifact: \"${{ inputs.artifact }}\", run: ./deploy}}
";

/// Two repositories: `platform` with what is shared, and the one that uses it.
struct Both {
    program: Program,
}

impl Both {
    fn new() -> Self {
        let both = Self { program: Program::new() };
        both.publish("cache/block.yaml", CACHE, "v1");
        both.publish("service/shape.yaml", SERVICE, "v1.1");
        both.program.git(&["init", "--quiet", "app"]);
        both
    }

    fn publish(&self, file: &str, text: &str, tag: &str) {
        self.program.write(&format!("platform/{file}"), text);
        self.program.git(&["init", "--quiet", "platform"]);
        self.program.git(&["-C", "platform", "add", "--all"]);
        self.program.git(&["-C", "platform", "commit", "--quiet", "-m", tag]);
        self.program.git(&["-C", "platform", "tag", "--annotate", "--force", "-m", tag, tag]);
    }

    fn name(&self, folder: &str, tag: &str) -> String {
        format!("git::file://{}/platform//{folder}@{tag}", self.program.folder().display())
    }

    fn pipeline(&self, text: &str) {
        self.program.write("app/.tidegate/pipeline.yaml", text);
    }

    fn uses(&self, tag: &str) -> String {
        let cache = self.name("cache", tag);
        format!("name: app\nstages:\n  - {{name: live, targets: [local/one], deploy: {{uses: \"{cache}\", with: {{size: 20}}}}}}\n")
    }

    /// Ends with `code`; answers what it printed, both ways.
    fn tidegate(&self, arguments: &[&str], code: i32) -> String {
        let text: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
        let ran = self.program.shell(&format!("cd app && \"$TIDEGATE\" {}", text.join(" ")));
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        format!("{}{}", ran.stdout, ran.stderr)
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.program.folder().join("app/.tidegate/lock.yaml")).expect("a lock file")
    }
}

#[test]
fn a_shared_block_is_locked_used_and_updated() {
    let both = Both::new();
    both.pipeline(&both.uses("v1"));
    let refused = both.tidegate(&["validate"], 1);
    assert!(refused.contains("is not locked") && refused.contains("tidegate blocks add"), "{refused}");
    let added = both.tidegate(&["blocks", "add", &both.name("cache", "v1")], 0);
    assert!(added.contains("is locked to"), "{added}");
    assert!(both.lock().contains("digest: \"sha256:"), "{}", both.lock());
    both.tidegate(&["validate"], 0);
    assert!(both.tidegate(&["plan", "--json"], 0).contains("echo warm 20"));

    let outdated = both.tidegate(&["blocks", "outdated"], 1);
    assert!(outdated.contains("v1.1"), "a later tag of the repository is a later version of the block: {outdated}");
    both.publish("cache/block.yaml", &CACHE.replace("echo warm", "echo hot"), "v2");
    let difference = both.tidegate(&["blocks", "diff", &both.name("cache", "v1")], 0);
    assert!(difference.contains("-  shift: [\"echo warm") && difference.contains("+  shift: [\"echo hot"), "{difference}");
    both.tidegate(&["blocks", "update"], 0);
    assert!(both.tidegate(&["plan", "--json"], 0).contains("echo hot 20"), "the pipeline file names the new version");
    assert!(!both.lock().contains("@v1\""), "{}", both.lock());
    assert!(both.tidegate(&["blocks", "outdated"], 0).contains("newest version"));
}

#[test]
fn a_tag_that_was_moved_and_content_that_was_changed_are_refused() {
    let both = Both::new();
    let name = both.name("cache", "v1");
    both.pipeline(&both.uses("v1"));
    both.tidegate(&["blocks", "add", &name], 0);
    let locked = both.lock();
    both.publish("cache/block.yaml", &CACHE.replace("echo warm", "curl evil"), "v1");
    let moved = both.tidegate(&["blocks", "add", &name], 4);
    assert!(moved.contains("it was moved"), "{moved}");
    assert_eq!(both.lock(), locked, "a refused command changes nothing");
    assert!(both.tidegate(&["plan", "--json"], 0).contains("echo warm 20"), "the locked commit is what counts");
    let digest = locked.split("sha256:").nth(1).and_then(|rest| rest.split('"').next()).expect("a digest");
    both.program.write("app/.tidegate/lock.yaml", &locked.replace(digest, &"0".repeat(64)));
    let tampered = both.tidegate(&["validate"], 1);
    assert!(tampered.contains("tampered") && tampered.contains("is not what was locked"), "{tampered}");
    both.program.write("app/.tidegate/lock.yaml", &locked);
    both.program.git(&["-C", "app", "clean", "-fdxq"]);
    let nowhere = both.tidegate(&["blocks", "add", &both.name("cache", "v9")], 3);
    assert!(nowhere.contains("has no tag v9") && nowhere.contains("v1.1"), "{nowhere}");
}

#[test]
fn a_compound_block_pins_its_parts() {
    let both = Both::new();
    both.tidegate(&["blocks", "add", &both.name("cache", "v1")], 0);
    let part = both.name("cache", "v1");
    let compound = format!(
        "description: Serves with a cache\ninputs:\n  entries: {{type: integer, default: 5, description: How many}}\nverbs:\n  shift:\n    - {{uses: \"{part}\", with: {{size: \"${{{{ inputs.entries }}}}\"}}}}\n    - echo serve\n"
    );
    both.publish("served/block.yaml", &compound, "v2");
    let unpinned = both.tidegate(&["blocks", "add", &both.name("served", "v2")], 1);
    assert!(unpinned.contains("a part of the block") && unpinned.contains("is not locked"), "{unpinned}");
    both.publish("served/lock.yaml", &both.lock(), "v3");
    let name = both.name("served", "v3");
    std::fs::remove_file(both.program.folder().join("app/.tidegate/lock.yaml")).expect("removed");
    both.tidegate(&["blocks", "add", &name], 0);
    assert!(!both.lock().contains("//cache"), "the part is pinned by the block, not by who uses it: {}", both.lock());
    both.pipeline(&format!(
        "name: app\nstages:\n  - {{name: live, targets: [local/one], deploy: {{uses: \"{name}\", with: {{entries: 7}}}}}}\n"
    ));
    let plan = both.tidegate(&["plan", "--json"], 0);
    assert!(plan.contains("echo warm 7") && plan.contains("echo serve"), "{plan}");
    assert!(
        plan.contains(&format!("\"{part}\": \"sha256:")) || plan.contains(&format!("\"{part}\":\"sha256:")),
        "parts are among the blocks of the plan: {plan}"
    );
    let doc = both.tidegate(&["blocks", "doc", &name], 0);
    assert!(doc.contains("| `entries` | integer | `5` | How many |") && doc.contains("Made of: `git::file://"), "{doc}");
}

#[test]
fn a_shared_shape_supplies_stages() {
    let both = Both::new();
    let name = both.name("service", "v1.1");
    both.pipeline(&format!("name: app\nextends: {{uses: \"{name}\", with: {{artifact: app}}}}\nstages:\n  - {{name: live, bake: 2h}}\n"));
    both.tidegate(&["blocks", "add", &name], 0);
    let plan = both.tidegate(&["plan"], 0);
    assert!(plan.contains("job package") && plan.contains("bake 2h"), "{plan}");
    let doc = both.tidegate(&["blocks", "doc", &name], 0);
    assert!(doc.contains("| `artifact` | string | required | What is deployed |") && doc.contains("Stages: `build`, `live`."), "{doc}");
}

#[test]
fn the_doc_of_a_block_is_printed_and_an_unknown_name_says_what_there_is() {
    let both = Both::new();
    assert!(both.tidegate(&["blocks", "doc", "shell/run"], 0).contains("| `run` | commands | required |"));
    both.program.write("app/blocks/mine/block.yaml", CACHE);
    assert!(both.tidegate(&["blocks", "doc", "./blocks/mine"], 0).contains("| `size` | integer | `10` |"));
    both.program.write("app/blocks/mine/block.yaml", &CACHE.replace("inputs:", "inptus:"));
    assert!(both.tidegate(&["blocks", "doc", "./blocks/mine"], 1).contains("inptus"));
    assert!(both.tidegate(&["blocks", "doc", "nowhere"], 3).contains("process/in-place"));
}

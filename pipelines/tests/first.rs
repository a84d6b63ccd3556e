use pipelines::{Blocks, ExpandInput, SourceFile, compile, expand};

#[test]
fn the_smallest_file_becomes_a_plan() {
    let source = SourceFile::new("hello.yaml", include_str!("../examples/hello.yaml"));
    let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    assert_eq!(rendered, "");
    let plan = expand(&pipeline.unwrap(), &ExpandInput::default()).unwrap();
    let keys: Vec<&str> = plan.nodes.iter().map(|node| node.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "build/start",
            "build/wave/start",
            "build/job-1",
            "build/wave/end",
            "build/end",
            "live/start",
            "live/wave/start",
            "live/local/one/start",
            "live/local/one/deploy",
            "live/local/one/end",
            "live/local/one/rollback",
            "live/local/one/inspect",
            "live/wave/end",
            "live/end"
        ]
    );
}

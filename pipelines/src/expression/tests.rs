use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Context, Expression, Template};

fn context() -> Context {
    Context::new()
        .with("release", json!({"number": 412, "branch": "main", "pipeline": "orders"}))
        .with("target", json!({"name": "prod/eu-west-1", "region": "eu-west-1", "labels": {"tier": "gold"}}))
        .with("inputs", json!({"level": "debug", "count": 3, "flags": [1, 2, 3], "nothing": null}))
        .with("needs", json!({"my-job": {"outputs": {"url": "http://x"}}}))
}

fn evaluate(text: &str) -> Result<Value, String> {
    Expression::parse(text).and_then(|expression| expression.evaluate(&context())).map_err(|error| format!("{}: {error}", error.offset))
}

fn render(text: &str) -> Result<String, String> {
    Template::parse(text).and_then(|template| template.render(&context())).map_err(|error| format!("{}: {error}", error.offset))
}

fn references(text: &str) -> Vec<String> {
    Expression::parse(text).unwrap().references().into_iter().collect()
}

#[test]
fn expressions_read_the_context() {
    assert_eq!(evaluate("release.branch == 'main' && target.region.startsWith('eu-')"), Ok(json!(true)));
    assert_eq!(evaluate("release.number + 1"), Ok(json!(413)));
    assert_eq!(evaluate("needs['my-job'].outputs.url"), Ok(json!("http://x")));
    assert_eq!(evaluate("inputs.flags.map(flag, flag * 2)"), Ok(json!([2, 4, 6])));
    assert_eq!(evaluate("has(inputs.missing) ? inputs.missing : 'none'"), Ok(json!("none")));
    assert_eq!(evaluate("target.labels.tier in ['gold', 'silver']"), Ok(json!(true)));
    assert_eq!(evaluate("inputs.level.matches('^de.*g$')"), Ok(json!(true)));
    assert_eq!(evaluate("{'b': 2, 'a': inputs.nothing}"), Ok(json!({"a": null, "b": 2})));
}

#[test]
fn a_condition_must_be_true_or_false() {
    let bool_of = |text: &str| Expression::parse(text).unwrap().evaluate_bool(&context()).map_err(|error| error.message);
    assert_eq!(bool_of("inputs.count > 2"), Ok(true));
    assert_eq!(bool_of("inputs.count"), Err("the condition must be true or false, but it is a number".to_owned()));
}

#[test]
fn errors_say_what_and_never_show_a_value() {
    assert_eq!(evaluate("inputs.missing"), Err("0: there is no `missing`".to_owned()));
    assert_eq!(evaluate("secrets.KEY"), Err("0: `secrets` is not known here; known here: inputs, needs, release, target".to_owned()));
    assert_eq!(evaluate("inputs.level + 1"), Err("0: `+` does not work on these values".to_owned()));
    assert_eq!(evaluate("1 / (inputs.count - 3)"), Err("0: division by zero".to_owned()));
    assert_eq!(evaluate("9223372036854775807 + inputs.count"), Err("0: `+` leaves the range of numbers".to_owned()));
    for text in [
        "inputs.level - 1",
        "inputs.level < 1",
        "inputs.level[0]",
        "-inputs.level",
        "int(inputs.level)",
        "inputs.level.map(x, x)",
        "inputs.level ? 1 : 2",
        "nope(inputs.level)",
        "inputs.level.nope()",
        "'x'.matches(inputs.level + '(')",
    ] {
        let error = evaluate(text).expect_err(text);
        assert!(!error.contains("debug"), "{text}: {error}");
    }
}

#[test]
fn syntax_errors_point_at_the_place() {
    assert_eq!(evaluate("release.branch == "), Err("18: unexpected the end, expected expression".to_owned()));
    assert_eq!(evaluate("a b"), Err("2: unexpected 'b', expected an operator or the end".to_owned()));
    assert_eq!(evaluate("  "), Err("0: the expression is empty: write one such as release.branch == 'main'".to_owned()));
    assert_eq!(evaluate("Foo{a: 1}"), Err("0: `Foo{…}`: messages do not exist here, write a map such as {'key': value}".to_owned()));
    assert_eq!(evaluate("a &&\n  'abc"), Err("7: unterminated string literal".to_owned()));
}

#[test]
fn references_are_paths_down_to_where_the_name_is_fixed() {
    assert_eq!(references("secrets.A + vars['B'] + needs.build.outputs.k"), ["needs.build.outputs.k", "secrets.A", "vars.B"]);
    assert_eq!(references("vars[inputs.x]"), ["inputs.x", "vars"]);
    assert_eq!(references("target.region.startsWith('eu-') && has(inputs.y)"), ["inputs.y", "target.region"]);
    assert_eq!(references("inputs.list.exists(item, item.name == vars.NAME)"), ["inputs.list", "vars.NAME"]);
    assert_eq!(references("type(inputs.x) == int && true"), ["inputs.x"]);
}

#[test]
fn too_long_and_too_deep_expressions_are_refused_before_any_work() {
    assert_eq!(evaluate(&"a".repeat(4097)), Err("4096: the expression is longer than 4096 bytes".to_owned()));
    let deep = [
        format!("{}1{}", "[".repeat(2000), "]".repeat(2000)),
        format!("{}1{}", "(".repeat(2000), ")".repeat(2000)),
        vec!["1"; 2000].join("+"),
        format!("a{}", ".b".repeat(2000)),
        format!("a{}", "[0]".repeat(1300)),
        format!("{}1", "a?b:".repeat(1000)),
        format!("{}a", "!-".repeat(2000)),
        format!("{}1{}", "f(".repeat(1300), ")".repeat(1300)),
        format!("{}1{}", "{1:".repeat(1000), "}".repeat(1000)),
        format!("a{}", ".f()".repeat(1000)),
    ];
    for text in deep {
        let _either = Expression::parse(&text);
    }
    assert_eq!(evaluate(&vec!["1"; 100].join("+")), Err("0: the expression nests deeper than 32 levels".to_owned()));
    assert_eq!(
        evaluate(&format!("{}1{}", "[".repeat(40), "]".repeat(40))),
        Err("0: the expression nests deeper than 32 levels".to_owned())
    );
    assert_eq!(evaluate(&vec!["true"; 500].join("&&")), Ok(json!(true)));
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let doubling = format!("['aaaaaaaa']{}", ".map(x, x + x)".repeat(15));
    assert!(evaluate(&doubling).is_ok(), "{:?}", evaluate(&doubling));
    let fast = "['aaaaaaaa'].map(x, x+x+x+x+x+x+x+x+x+x)".to_owned() + &".map(x, x+x+x+x+x+x+x+x+x+x)".repeat(12);
    assert_eq!(evaluate(&fast), Err("0: the expression could make a value of more than 4194304 bytes".to_owned()));
    let lists = "[1]".to_owned() + &".map(x, [x,x,x,x,x,x,x,x,x,x])".repeat(12);
    assert!(evaluate(&lists).unwrap_err().contains("could"), "{lists}");
    let list = format!("[{}0]", "1,".repeat(300));
    let nested = format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c >= 0)))");
    assert!(evaluate(&nested).unwrap_err().contains("could take more than 1000000 steps"));
    let wide = Context::new().with("vars", json!({"many": vec![0; 5000]}));
    let squared = Expression::parse("vars.many.exists(a, vars.many.exists(b, a + b == 1))").unwrap();
    assert!(squared.evaluate(&wide).is_err());
    let once = Expression::parse("vars.many.exists(a, a == 1)").unwrap();
    assert_eq!(once.evaluate(&wide), Ok(json!(false)));
}

#[test]
fn the_deepest_allowed_expression_fits_a_small_stack() {
    let texts = vec![
        vec!["1"; 31].join("+"),
        format!("inputs{}", "['a']".repeat(31)),
        format!("{}1", "true?1:".repeat(30)),
        format!("{}inputs.flags{}", "[".repeat(14), "]".repeat(14)) + &".map(x, x)".repeat(8),
        format!("{}1{}", "[1].map(x, ".repeat(9), ")".repeat(9)),
        format!("{}1{}", "{1:".repeat(29), "}".repeat(29)),
    ];
    let small = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for text in texts {
            if let Ok(expression) = Expression::parse(&text) {
                let _either = expression.evaluate(&context());
            }
        }
    });
    small.unwrap().join().unwrap();
}

#[test]
fn templates_insert_values() {
    assert_eq!(render("plain"), Ok("plain".to_owned()));
    assert_eq!(render("#${{ release.number }} on ${{release.branch}}"), Ok("#412 on main".to_owned()));
    assert_eq!(render("[${{ inputs.nothing }}] ${{ inputs.flags }}"), Ok("[] [1,2,3]".to_owned()));
    assert_eq!(render("${{ {'a': {'b': '}}'}}['a']['b'] }}"), Ok("}}".to_owned()));
    assert_eq!(render("$${{ release.number }} costs $5"), Ok("${{ release.number }} costs $5".to_owned()));
    assert_eq!(render("é${{ 'ü' }}"), Ok("éü".to_owned()));
}

#[test]
fn template_errors_count_from_the_start_of_the_text() {
    assert_eq!(render("ab ${{ 1 + 1"), Err("3: `${{` has no `}}`; for the characters themselves write `$${{`".to_owned()));
    assert_eq!(render("ab ${{ 1 + }}"), Err("11: unexpected the end, expected expression".to_owned()));
    assert_eq!(render("ab ${{ inputs.missing }}"), Err("3: there is no `missing`".to_owned()));
    assert_eq!(render("ab ${{ 'never closed }}"), Err("3: `${{` has no `}}`; for the characters themselves write `$${{`".to_owned()));
}

#[test]
fn template_parts_carry_their_spans() {
    let template = Template::parse("a ${{ vars.B }} c ${{ secrets.D }}").unwrap();
    let spans: Vec<_> = template.expressions().map(|(expression, span)| (expression.text().trim().to_owned(), span)).collect();
    assert_eq!(spans, [("vars.B".to_owned(), 2..15), ("secrets.D".to_owned(), 18..34)]);
    assert_eq!(template.references().into_iter().collect::<Vec<_>>(), ["secrets.D", "vars.B"]);
    assert!(!template.is_plain() && Template::parse("$${{ x").unwrap().is_plain());
}

#[test]
fn rendering_what_is_known_keeps_the_rest() {
    let known = |text: &str| Template::parse(text).unwrap().render_known(&context());
    assert_eq!(known("${{ target.region }}-${{ secrets.KEY }}"), "eu-west-1-${{ secrets.KEY }}");
    assert_eq!(known("${{ target.region + secrets.KEY }}"), "${{ target.region + secrets.KEY }}");
    assert_eq!(known("${{ inputs.missing }}"), "${{ inputs.missing }}");
    assert_eq!(known("$${{ x }}"), "$${{ x }}");
}

#[test]
fn an_inserted_value_never_becomes_an_expression() {
    let hostile = Context::new().with("inputs", json!({"a": "${{ secrets.KEY }}", "dollar": "$", "brace": "{{ secrets.KEY }}"}));
    let later = Context::new().with("secrets", json!({"KEY": "hidden"}));
    for (text, expected) in [
        ("${{ inputs.a }}", "${{ secrets.KEY }}"),
        ("${{ inputs.dollar }}${{ inputs.brace }}", "${{ secrets.KEY }}"),
        ("$${{ inputs.brace }}", "${{ inputs.brace }}"),
        ("${{ inputs.dollar }}${{ secrets.KEY }}", "$hidden"),
        ("$${{ inputs.dollar }}", "${{ inputs.dollar }}"),
        ("${{ inputs.dollar + inputs.dollar }}${{ secrets.KEY }}", "$$hidden"),
        ("$ ${{ inputs.dollar }}${{ inputs.a }}", "$ $${{ secrets.KEY }}"),
    ] {
        let between = Template::parse(text).unwrap().render_known(&hostile);
        let end = Template::parse(&between).and_then(|template| template.render(&later));
        assert_eq!(end.as_deref(), Ok(expected), "{text} → {between}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_or_the_evaluation_panic(text in "\\PC{0,60}") {
        if let Ok(expression) = Expression::parse(&text) {
            let _either = expression.evaluate(&context());
            let _references = expression.references();
        }
        if let Ok(template) = Template::parse(&text) {
            let _either = template.render(&context());
        }
    }

    #[test]
    fn no_mixture_of_cel_makes_the_parser_or_the_evaluation_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..25)) {
        for glue in ["", " "] {
            let text = tokens.join(glue);
            match Expression::parse(&text) {
                Ok(expression) => {
                    let _either = expression.evaluate(&context());
                    let _references = expression.references();
                }
                Err(error) => prop_assert!(text.is_char_boundary(error.offset), "{error:?}"),
            }
            if let Err(error) = Template::parse(&text) {
                prop_assert!(text.is_char_boundary(error.offset), "{error:?}");
            }
        }
    }

    #[test]
    fn rendering_in_two_steps_is_rendering_at_once(
        pieces in prop::collection::vec(prop::sample::select(vec!["$", "{", "{{", "}}", "x", "${{ inputs.a }}", "${{ inputs.b }}", "${{ vars.c }}", "$${{", " "]), 0..12),
        a in "[${} x]{0,5}",
        b in "[${}']{0,4}",
        c in "[${}]{0,3}",
    ) {
        let Ok(template) = Template::parse(&pieces.concat()) else { return Ok(()) };
        let first = Context::new().with("inputs", json!({"a": a, "b": b}));
        let both = first.clone().with("vars", json!({"c": c}));
        let between = template.render_known(&first);
        let second = Template::parse(&between).and_then(|template| template.render(&Context::new().with("vars", json!({"c": c}))));
        prop_assert_eq!(second.ok(), template.render(&both).ok(), "{}", between);
    }
}

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ":",
    "?",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "in",
    "null",
    "true",
    "false",
    "0",
    "1",
    "2u",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615u",
    "1e308",
    "0x7f",
    "'a'",
    "\"b\"",
    "'''c'''",
    "r'\\d'",
    "b'\\xff'",
    "'\\u00e9'",
    "'\\",
    "`",
    "é",
    "\u{0}",
    "\n",
    "//",
    "a",
    "x",
    "inputs",
    ".flags",
    ".level",
    "target",
    ".region",
    "has(",
    ".map(x,",
    ".filter(x,",
    ".all(x,",
    ".exists(x,",
    ".exists_one(x,",
    "size(",
    "int(",
    "uint(",
    "double(",
    "string(",
    "bytes(",
    "type(",
    ".matches(",
    ".contains(",
    ".startsWith(",
    "dyn(",
    "optional.of(",
    ".?",
    "[?",
    ".size()",
    "${{",
    "}}",
    "$",
];

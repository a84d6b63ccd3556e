//! Where its owner asks for it, production is defined by a branch that its forge protects (IB8).

use testkit::forge::Mood;

use crate::at_forge::AtForge;

const PIPELINE: &str = r#"
name: orders
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}]}]
  - name: prod
    production: true
    deploy: {uses: shell/run, with: {run: "./deploy.sh"}}
    targets: [local/a]
"#;

impl AtForge {
    async fn with_protection(is_protected: bool) -> Self {
        Self::tuned(
            PIPELINE,
            |forge| {
                if is_protected {
                    forge.state().protected.insert("main".to_owned());
                }
            },
            |settings| settings.requires_protected_branch = true,
        )
        .await
    }

    async fn releases(&self) -> usize {
        self.world.engine.store().releases(&self.pipeline, None, 10).await.expect("the releases").len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ib8_a_protected_branch_reaches_production_and_an_unprotected_one_makes_no_release() {
    let place = AtForge::with_protection(true).await;
    place.deploy(1).await;
    // Somebody takes the protection away. What was released stays; what comes now is not.
    place.forge.state().protected.clear();
    let commit = place.commit("by somebody whom nobody reviews");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    let error = place.world.until(&place.pipeline, "the source to say why", async || place.source_error().await).await;
    assert!(error.contains("stage prod is production") && error.contains("main, which is not protected"), "{error}");
    assert_eq!(place.releases().await, 1, "no release of {commit}");
    let start = engine::Start { key: "by hand".to_owned(), commit: None, inputs: Default::default(), trigger: "manual".to_owned() };
    let refused = place.world.engine.start(&place.pipeline, engine::core::Actor::Engine, start).await.expect_err("nor by hand");
    assert!(refused.to_string().contains("not protected"), "{refused}");
    // It is protected again: the same commit goes its way.
    place.forge.state().protected.insert("main".to_owned());
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place.release_of(&commit).await;
}

/// A definition without production needs no protection: nothing that is kept for production can be reached by it.
#[tokio::test(flavor = "multi_thread")]
async fn ib8_what_has_no_production_comes_from_any_branch() {
    let place = AtForge::with_protection(true).await;
    place.forge.state().protected.clear();
    place.checkout.write(".tidegate/pipeline.yaml", &PIPELINE.replace("    production: true\n", ""));
    let commit = place.commit("a stage that is no production");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    place.release_of(&commit).await;
}

/// When the forge cannot say whether the branch is protected, it counts as not known: no release until it can.
#[tokio::test(flavor = "multi_thread")]
async fn ib8_while_protection_cannot_be_asked_nothing_goes_to_production() {
    let place = AtForge::with_protection(true).await;
    place.settled().await;
    place.forge.state().mood = Mood::Limited { reset_s: 300 };
    let commit = place.commit("while nobody can be asked");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    let error = place.world.until(&place.pipeline, "the source to say so", async || place.source_error().await).await;
    assert!(error.contains("whether main is protected cannot be asked"), "{error}");
    assert_eq!(place.releases().await, 1);
    place.forge.state().mood = Mood::Well;
    place.pass(std::time::Duration::from_secs(11 * 60)).await;
    place.release_of(&commit).await;
}

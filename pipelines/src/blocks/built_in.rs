use std::collections::BTreeMap;

use super::block::no_parts;
use super::{Blocks, of_folder};

/// Name, `block.yaml`, and the other files of the block by path below its folder.
type Embedded = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What the blocks of AWS share.
const CLIENT: (&str, &str) = ("client.py", include_str!("../../blocks/aws/client.py"));

macro_rules! embedded {
    ($name:literal $(, $file:literal)* $(; $shared:expr)*) => {
        (
            $name,
            include_str!(concat!("../../blocks/", $name, "/block.yaml")),
            &[$(($file, include_str!(concat!("../../blocks/", $name, "/", $file))),)* $($shared,)*],
        )
    };
}

const EMBEDDED: &[Embedded] = &[
    embedded!("aws/app-config", "configuration.py"; CLIENT),
    embedded!("aws/cdk", "assembly.py", "stack.py"; CLIENT),
    embedded!("aws/cloudformation", "stack.py"; CLIENT),
    embedded!("aws/codedeploy", "deployment.py"; CLIENT),
    embedded!("aws/ec2-in-place", "instance.py"; CLIENT),
    embedded!("aws/ecs-service", "service.py"; CLIENT),
    embedded!("aws/elastic-beanstalk", "environment.py"; CLIENT),
    embedded!("aws/lambda", "lambda.py"; CLIENT),
    embedded!("aws/s3-site", "site.py"; CLIENT),
    embedded!("aws/sam", "application.py", "stack.py"; CLIENT),
    embedded!("fly/app", "app.sh"),
    embedded!("kubernetes/apply", "apply.sh"),
    embedded!("process/in-place"),
    embedded!("shell/run"),
    embedded!("ssh/in-place", "host.sh"),
    embedded!("terraform/apply", "apply.sh"),
];

/// What a text says that is built in is proved by the tests; one that were wrong would be left out here.
pub(super) fn load() -> Blocks {
    let mut blocks = Blocks::default();
    for (name, text, files) in EMBEDDED {
        let files: BTreeMap<String, String> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        if let (Some(block), _) = of_folder(name, &format!("blocks/{name}/block.yaml"), text, files, &mut no_parts) {
            blocks.insert(block);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_block_is_valid() {
        for (name, text, _) in EMBEDDED {
            let file = format!("blocks/{name}/block.yaml");
            let (block, diagnostics) = of_folder(name, &file, text, BTreeMap::new(), &mut no_parts);
            let source = crate::SourceFile::new(file, *text);
            let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
            assert!(block.is_some() && rendered.is_empty(), "{name}:\n{}", rendered.join("\n"));
        }
        assert_eq!(load().names().count(), EMBEDDED.len());
    }
}

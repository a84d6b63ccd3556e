use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::core::id::PipelineId;
use engine::store::{self, Store};

const PAGE: u32 = 500;

/// Names of pipelines by id; a pipeline keeps its name, so what is known stays right.
#[derive(Debug, Default)]
pub struct Names {
    known: Mutex<HashMap<PipelineId, String>>,
}

impl Names {
    /// The pipeline's name, or its id when it was disconnected before this server knew it.
    pub async fn of(&self, store: &Store, id: &PipelineId) -> Result<String, store::Error> {
        if let Some(name) = self.get(id) {
            return Ok(name);
        }
        let mut after = String::new();
        loop {
            let page = store.pipelines(&after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            let is_last = page.len() < PAGE as usize;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.extend(page.into_iter().map(|listed| (listed.id, listed.name)));
            if is_last {
                break;
            }
        }
        let found = self.get(id).unwrap_or_else(|| id.to_string());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), found.clone());
        Ok(found)
    }

    fn get(&self, id: &PipelineId) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

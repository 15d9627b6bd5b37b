//! The schemas of requests and answers by the name of their API.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use ottla_schema::{Kind, MessageSchema, read_directory};

/// The folder of the messages that clients and brokers exchange.
const AREA: &str = "clients";

/// One API: what is asked and what is answered.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its number on the wire.
    pub key: i16,
    /// The request; its versions are those of the API.
    pub request: MessageSchema,
    /// The answer.
    pub response: MessageSchema,
}

/// All APIs by name, such as `Fetch`.
#[derive(Clone, Debug)]
pub struct Apis(BTreeMap<String, Api>);

impl Apis {
    /// Reads the schema files below `directory`.
    ///
    /// # Errors
    /// When a file is missing or not a schema.
    pub fn read(directory: &Path) -> anyhow::Result<Apis> {
        let areas = read_directory(directory)?;
        let area = areas.into_iter().find(|area| area.name == AREA);
        let messages = area.context("there is no folder of client messages")?;
        let mut responses = BTreeMap::new();
        let mut requests = Vec::new();
        for message in messages.messages {
            match message.kind {
                Kind::Request => requests.push(message),
                Kind::Response => {
                    responses.insert(message.key, message);
                }
                _ => {}
            }
        }
        let mut apis = BTreeMap::new();
        for request in requests {
            let Some(key) = request.key else { continue };
            let response = responses
                .remove(&Some(key))
                .with_context(|| format!("the API {key} has no response among the schema files"))?;
            let name = request.name.trim_end_matches("Request").to_owned();
            let api = Api {
                key,
                request,
                response,
            };
            apis.insert(name, api);
        }
        Ok(Apis(apis))
    }

    /// The API of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> anyhow::Result<&Api> {
        let api = self.0.get(name);
        api.with_context(|| format!("there is no API called {name:?}"))
    }
}

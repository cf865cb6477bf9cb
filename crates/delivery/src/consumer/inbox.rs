//! What has no position: strangers, and messages of foreign sources, told apart by their ids.

use std::collections::HashSet;
use std::slice::from_ref;

use store::{StoreError, Work, positions};

use super::batch::{Batch, Report, Run, Undone};
use super::sort::{Stranger, Taken};
use crate::dead::{self, Letter};
use crate::door::{self, Door};

impl Batch {
    /// Messages that nobody's log holds: in at the door, or kept as dead letters where that is this consumer's task.
    pub(super) async fn adopt(&self, work: &mut Work, how: Run, report: &mut Report) -> Result<(), Undone> {
        if self.strangers.is_empty() {
            return Ok(());
        }
        if let Some(door) = &self.door {
            match how {
                Run::Optimistic => report.dead.extend(door.adopt(work, &self.strangers).await?),
                Run::ByLane => {
                    for stranger in &self.strangers {
                        adopt_alone(work, door, stranger, report).await?;
                    }
                }
            }
        } else if self.consumer.keeps_foreign {
            // The door of the service that a command is for decides what becomes of it.
            let foreign: Vec<&Stranger> = self.strangers.iter().filter(|stranger| !stranger.stream.starts_with("COMMANDS_")).collect();
            let ids: Vec<String> = foreign.iter().map(|it| door::stranger_id(it)).collect();
            let mut new: HashSet<String> =
                positions::first_seen(work, &self.actor, &ids, Some(door::REMEMBERED)).await?.into_iter().collect();
            for (stranger, id) in foreign.into_iter().zip(&ids).filter(|(_, id)| new.remove(*id)) {
                report.dead.push(dead::write(work, Letter::stranger(&self.actor, id, stranger)).await?);
            }
        }
        Ok(())
    }

    /// What was taken, without what came in before: messages of a foreign source have ids in place of positions.
    pub(super) async fn unseen(&self, work: &mut Work) -> Result<Vec<&Taken>, Undone> {
        let ids: Vec<String> = self.taken.iter().filter(|taken| taken.foreign.is_some()).map(|taken| taken.envelope.id.clone()).collect();
        if ids.is_empty() {
            return Ok(self.taken.iter().collect());
        }
        let remembered = self.consumer.foreign.iter().map(|(source, _)| source.remembered).max();
        let new = positions::first_seen(work, &self.actor, &ids, remembered).await?;
        let mut new: HashSet<String> = new.into_iter().collect();
        Ok(self.taken.iter().filter(|taken| taken.foreign.is_none() || new.remove(&taken.envelope.id)).collect())
    }
}

/// What the store refuses of one message is that message's dead letter, and its neighbours go on.
async fn adopt_alone(work: &mut Work, door: &Door, stranger: &Stranger, report: &mut Report) -> Result<(), Undone> {
    let mark = work.begin_group().await?;
    let adopted = match door.adopt(work, from_ref(stranger)).await {
        Ok(dead) => work.flush().await.map(|()| dead),
        Err(error) => Err(error),
    };
    match adopted {
        Ok(dead) => {
            work.end_group().await?;
            report.dead.extend(dead);
        }
        Err(StoreError::Refused(why)) => {
            work.undo_group(mark).await?;
            report.dead.extend(door.refuse(work, stranger, why).await?);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

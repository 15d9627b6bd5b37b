//! Trouble.

use ottla_types::Duration;

use super::{Event, Node, World};
use crate::checkers::{Survives, Violation};
use crate::disk::SimulatedDisk;
use crate::plan::Fault;

impl World {
    pub(super) fn on_fault(&mut self, fault: Fault) -> Result<(), Violation> {
        self.note(format_args!("{fault:?}"));
        match fault {
            Fault::Kill => self.crash(Survives::Kill, false)?,
            Fault::PowerCut { torn } => self.crash(Survives::PowerCut, torn)?,
            Fault::Stop => {
                self.node = match std::mem::replace(&mut self.node, Node::Down) {
                    Node::Up(broker) => Node::Stopping(broker),
                    other => other,
                };
            }
            Fault::Pace(pace) => self.disk.set_pace(pace),
            Fault::Disk(fault) => self.disk.fail(fault),
            Fault::Full => {
                self.disk.set_full(true);
                let later = self.random_duration(4_000_000);
                self.schedule(later, Event::Fault(Fault::SpaceFreed));
            }
            Fault::SpaceFreed => self.disk.set_full(false),
            Fault::Cut(which) => {
                let all = self.network.all();
                let count = all.len().max(1) as u64;
                let place = usize::try_from(which % count).unwrap_or(0);
                if let Some((client, connection)) = all.get(place) {
                    self.schedule(Duration::ZERO, Event::Disconnect(*client, *connection));
                }
            }
            Fault::ClockJump(milliseconds) => self.clock.jump_ms(milliseconds),
        }
        Ok(())
    }

    /// The process is gone, and with `PowerCut` what was not synced; `torn`: not all of it.
    ///
    /// # Errors
    /// When committed metadata are not on the disk any more.
    pub(super) fn crash(&mut self, survives: Survives, torn: bool) -> Result<(), Violation> {
        if matches!(self.node, Node::Down) && survives == Survives::Kill {
            return Ok(());
        }
        self.note_log_starts()?;
        let was_down = matches!(self.node, Node::Down);
        let files = match (survives, torn) {
            (Survives::Kill, _) => self.disk.files().kill(),
            (Survives::PowerCut, false) => self.disk.files().power_cut(),
            (Survives::PowerCut, true) => {
                let random = &mut self.random;
                let files = self.disk.files();
                files.torn_power_cut(&mut |bound| random.below(bound))
            }
        };
        self.disk.die();
        self.end_tasks();
        if let Node::Up(broker) | Node::Stopping(broker) =
            std::mem::replace(&mut self.node, Node::Down)
        {
            broker.take_apart();
        }
        let started = self.started.lock();
        let started = started
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(Ok(broker)) = started {
            broker.take_apart();
        }
        self.survived = self.survived.max(survives);
        // What a late event of this run would say belongs to nobody.
        self.run += 1;
        let seed = self.random.next_u64();
        self.disk = SimulatedDisk::new(files, seed, self.plan.pace, self.plan.bug);
        self.pictures.compare(self.disk.files())?;
        for (client, connection) in self.network.all() {
            let soon = self.random_duration(20_000);
            self.schedule(soon, Event::Disconnect(client, connection));
        }
        if !was_down {
            let later = Duration::from_millis(50 + self.random.below(1_500));
            self.schedule(later, Event::Start);
        }
        Ok(())
    }
}

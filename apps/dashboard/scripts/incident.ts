// usage: npm run incident
//
// A hub on which four things go wrong, to be found on its page: a subscriber that does not read, a gap, a deploy after
// which a metric jumps, and a sensor that falls silent. docs/dashboard.md says how. Ends with Ctrl-C.
import { beginIncident } from "../tests/support/incident";

const incident = await beginIncident();
console.log(`${incident.hub.url}/#/?window=300`);
console.log("Four things are wrong; docs/dashboard.md says what. Ctrl-C ends it.");
await new Promise<void>((end) => {
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
});
await incident.end();

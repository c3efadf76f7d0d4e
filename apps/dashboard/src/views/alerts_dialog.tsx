import { useSyncExternalStore } from "react";

import type { Alert } from "../data/alerts";
import { alertText } from "../data/notifier";
import { formatClock } from "../format/times";
import { visible } from "../format/texts";
import { linkTo } from "../route";
import { Dialog } from "../ui/dialog";
import { useAlerts, useRoute, useSecond } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { PageInterruptions } from "./interruptions";

// A list that is longer is not read.
const MOST_LISTED = 50;

/** What needs a look, and whether the browser tells of it while the page is hidden. */
export function AlertsDialog({ onClose }: { onClose: () => void }) {
  const alerts = useAlerts();
  return (
    <Dialog title="Alerts" isLight onClose={onClose}>
      {alerts.length === 0 ? (
        <p className="hint">
          All metrics are within their limits, and none is silent. A metric’s limits are set on its page.
        </p>
      ) : (
        <ul className="alerts">
          {alerts.slice(0, MOST_LISTED).map((alert) => (
            <AlertRow key={alert.id} alert={alert} onOpen={onClose} />
          ))}
        </ul>
      )}
      {alerts.length > MOST_LISTED && <p className="hint">and {alerts.length - MOST_LISTED} more</p>}
      <h3>Connection</h3>
      <PageInterruptions />
      <Notifications />
    </Dialog>
  );
}

function AlertRow({ alert, onOpen }: { alert: Alert; onOpen: () => void }) {
  const { params } = useRoute();
  const now = useSecond();
  return (
    <li className={alert.level === "warn" ? "is-silent" : "is-broken"}>
      <a href={linkTo(`/metrics/${alert.id}`, params)} onClick={onOpen}>
        <bdi>{visible(alertText(alert))}</bdi>
      </a>{" "}
      <span className="hint">since {formatClock(alert.since, now)}</span>
    </li>
  );
}

function Notifications() {
  const { notifier } = useHub();
  const isOn = useSyncExternalStore(notifier.changed.subscribe, () => notifier.isOn);
  const obstacle = useSyncExternalStore(notifier.changed.subscribe, () => notifier.obstacle);
  return (
    <div className="notifications">
      {obstacle === "" && (
        <button
          type="button"
          aria-pressed={isOn}
          onClick={() => (isOn ? notifier.turnOff() : void notifier.turnOn())}
        >
          Notify me while this page is hidden
        </button>
      )}
      <p className="hint">
        {obstacle !== ""
          ? obstacle
          : "One notification when a metric goes beyond a limit or falls silent, and one when it is over. The page stays connected meanwhile."}
      </p>
    </div>
  );
}

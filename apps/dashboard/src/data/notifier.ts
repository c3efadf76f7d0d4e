import { visible } from "../format/texts";
import { formatClock } from "../format/times";
import type { Alert, AlertChange } from "./alerts";
import { Signal } from "./signal";
import type { KeyStore } from "./storage";

const KEY = "sse-notify";

/** What the browser has for notifications. */
export interface NotificationPorts {
  /** "unsupported": the browser has none for this page, as it was not loaded by https. */
  permission(): NotificationPermission | "unsupported";
  ask(): Promise<NotificationPermission>;
  /** `tag`: a notification takes the place of the one before it with the same tag. */
  show(title: string, body: string, tag: string): void;
  isHidden(): boolean;
}

/** Tells about alerts while the page is hidden: one notification for each change of state, if that was asked for. */
export class Notifier {
  readonly changed = new Signal();
  private isWanted: boolean;

  constructor(
    private readonly browser: NotificationPorts,
    private readonly storage: KeyStore,
  ) {
    this.isWanted = storage.read(KEY) === true;
  }

  /** The page must stay live when it is hidden. */
  get isOn(): boolean {
    return this.isWanted && this.browser.permission() === "granted";
  }

  /** Why it cannot be turned on; empty: it can. */
  get obstacle(): string {
    switch (this.browser.permission()) {
      case "unsupported":
        return "This browser has no notifications for this page: they need https, or the hub's own machine.";
      case "denied":
        return "Notifications of this page are blocked in the browser's settings.";
      default:
        return "";
    }
  }

  /** From a button: browsers ask their user only then. */
  async turnOn(): Promise<void> {
    const answer = await this.browser.ask();
    this.want(answer === "granted");
  }

  turnOff(): void {
    this.want(false);
  }

  tell(changes: readonly AlertChange[]): void {
    if (!this.isOn || !this.browser.isHidden()) return;
    for (const { alert, isOver } of changes) {
      this.browser.show(
        visible(isOver ? overText(alert) : alertText(alert)),
        `since ${timeText(alert)}`,
        alert.id,
      );
    }
  }

  /** The page has lost the hub, or has it again. */
  tellConnection(isDown: boolean, why: string): void {
    if (!this.isOn || !this.browser.isHidden()) return;
    this.browser.show(isDown ? "The hub is away" : "The hub is back", why, "hub");
  }

  private want(isWanted: boolean): void {
    this.isWanted = isWanted;
    this.storage.write(KEY, isWanted ? true : undefined);
    this.changed.emit();
  }
}

/** What is wrong, for people. */
export function alertText({ name, kind, level, value }: Alert): string {
  if (kind === "silent") return `${name} is silent`;
  return `${name} is ${kind} its ${level === "warn" ? "amber limit" : "limit"}: ${String(value)}`;
}

function overText({ name, kind }: Alert): string {
  return kind === "silent" ? `${name} sends again` : `${name} is within its limits again`;
}

function timeText({ since }: Alert): string {
  return formatClock(since, since);
}

export const browserNotifications: NotificationPorts = {
  permission: () => ("Notification" in window && isSecureContext ? Notification.permission : "unsupported"),
  ask: () => Notification.requestPermission(),
  show: (title, body, tag) => {
    try {
      const shown = new Notification(title, { body, tag });
      shown.onclick = () => window.focus();
    } catch {
      // Chromium of Android has notifications for service workers only.
    }
  },
  isHidden: () => document.visibilityState === "hidden",
};

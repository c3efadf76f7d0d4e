import type { Page } from "playwright-core";

import type { Hub, MetricAnswer } from "./hub";

interface CardText {
  name: string;
  latest: string;
  min: string;
  avg: string;
  max: string;
}

/**
 * The first card on the screen that shows something else than the hub stores, for a message; undefined when
 * there is none. All readings of the hub must lie in the page's window.
 */
export async function disagreement(page: Page, hub: Hub): Promise<string | undefined> {
  const shown = await cards(page);
  const stored = await hub.metrics();
  if (stored.length > 0 && shown.length === 0) return "no card is shown";
  for (const card of shown) {
    const metric = stored.find(({ name }) => name === card.name);
    if (!metric) return `${card.name} is shown, but not stored`;
    const expected = JSON.stringify(expectedCard(metric, card));
    if (JSON.stringify(card) !== expected) return `${JSON.stringify(card)} instead of ${expected}`;
  }
  return undefined;
}

function cards(page: Page): Promise<CardText[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll(".card")].map((card) => {
      const text = (selector: string) => card.querySelector(selector)?.textContent ?? "";
      const exact = (selector: string) => card.querySelector(selector)?.getAttribute("title") ?? "";
      return {
        name: text("h2 a"),
        latest: exact(".latest"),
        min: exact(".figure-min dd"),
        avg: exact(".figure-avg dd"),
        max: exact(".figure-max dd"),
      };
    }),
  );
}

function expectedCard({ name, readings }: MetricAnswer, card: CardText): CardText {
  const values = readings.map(({ value }) => value);
  if (values.length === 0) return { name, latest: "no reading yet", min: "", avg: "", max: "" };
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  // Two orders of adding up may differ in the last digits.
  const isMean = card.avg !== "" && Math.abs(Number(card.avg) - mean) <= 1e-9 * Math.abs(mean);
  return {
    name,
    latest: String(values.at(-1)),
    min: String(Math.min(...values)),
    avg: isMean ? card.avg : String(mean),
    max: String(Math.max(...values)),
  };
}

import { Suspense, useState } from "react";

import { visible } from "../format/texts";
import { useRoute } from "../ui/hooks";
import { later } from "../ui/later";

// Few ask for them, so they are not part of the first script.
const ViewsDialog = later(() => import("./views_dialog").then(({ ViewsDialog: view }) => view));
const MarksDialog = later(() => import("./marks_dialog").then(({ MarksDialog: view }) => view));

/** What concerns all charts of a page: the events that are marked on them, and saved views. */
export function ChartTools() {
  const { params } = useRoute();
  const [open, setOpen] = useState<"views" | "marks">();
  const close = () => setOpen(undefined);
  const view = params.get("view") ?? "";
  return (
    <>
      <button type="button" aria-pressed={params.has("marks")} onClick={() => setOpen("marks")}>
        Marks
      </button>
      <button type="button" onClick={() => setOpen("views")}>
        Views
        {view !== "" && (
          <>
            : <bdi className="view-name">{visible(view)}</bdi>
          </>
        )}
      </button>
      <Suspense>
        {open === "views" && <ViewsDialog onClose={close} />}
        {open === "marks" && <MarksDialog onClose={close} />}
      </Suspense>
    </>
  );
}

import { visible } from "../format/texts";
import { useAccess } from "../ui/hooks";
import { useHub } from "../ui/hub";

/** Whom the hub takes the page for; nothing where everybody may do everything. */
export function Who() {
  const { access } = useHub();
  const state = useAccess();
  if (state.phase !== "in" || state.who.everybody) return null;
  const { who } = state;
  return (
    <>
      <span className="who" title="Whom the hub takes this page for">
        {who.anonymous ? "not logged in" : visible(who.id)}
      </span>
      {who.session && (
        <button type="button" onClick={() => void access.logOut()}>
          Log out
        </button>
      )}
      {who.anonymous && (
        <button type="button" onClick={() => access.refused()}>
          Log in
        </button>
      )}
    </>
  );
}

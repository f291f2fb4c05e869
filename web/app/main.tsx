// Where the page starts.
import "#web/ui/tokens.css";
import "#web/ui/base.css";
import { render } from "solid-js/web";
import { App } from "./app.tsx";

const root = document.getElementById("app");
if (root !== null) {
  render(() => <App />, root);
}

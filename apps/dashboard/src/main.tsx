import { createRoot } from "react-dom/client";

import "./page.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<h1>sse-serve</h1>);

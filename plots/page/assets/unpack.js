"use strict";

// The page's scripts are packed, or each page would be twice as large. This unpacks and runs them; the
// content security policy knows their hash.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("packed").textContent), c => c.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.body.append(script);
})();

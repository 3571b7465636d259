"use strict";

// The page's scripts and data are packed, or each page would be twice as large. This puts the data
// where the scripts read them, one line into each element that is for some, and runs the scripts;
// the content security policy knows their hash.
(async () => {
  const unpack = id => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), c => c.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(unpacked).text();
  };

  const data = (await unpack("data")).split("\n");
  document.querySelectorAll('script[type="application/json"]').forEach((element, i) => { element.textContent = data[i]; });

  const script = document.createElement("script");
  script.textContent = await unpack("packed");
  document.body.append(script);
})();

// The contents lead to charts and tables without touching the address, which holds the state.
for (const link of document.querySelectorAll(".contents a")) {
  link.onclick = event => {
    event.preventDefault();
    document.getElementById(decodeURIComponent(link.hash.slice(1)))?.scrollIntoView();
  };
}

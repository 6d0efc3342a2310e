/** On a phone the filters are folded away until they are wanted. */
const filters = document.getElementById("narrow");
if (matchMedia("(max-width: 640px)").matches && !location.search) filters.open = false;

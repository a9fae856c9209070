// For browsers that cannot unpack gzip themselves (before 2023).
import { gunzipSync } from "fflate";

window.r57gunzip = gunzipSync;

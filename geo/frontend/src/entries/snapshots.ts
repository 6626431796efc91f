import "../snapshots/snapshots.css";
import "../snapshots/upload";

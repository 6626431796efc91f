import "../archive/archive.css";
import "../archive/site-map";

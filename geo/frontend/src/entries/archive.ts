import "../archive/archive.css";
import "../archive/month.css";
import "../archive/site-map";

import "./batch";
import "./compare";
import "./desk";
import "./outline";
import "./review.css";
import "./second.css";

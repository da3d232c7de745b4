// jTDS: reads one JSON request of a known shape, answers with one line of JSON. See clients.py.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

public final class JtdsClient {
    private static String quote(String text) {
        if (text == null) {
            return "null";
        }
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < ' ' || c == '"' || c == '\\' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static String rows(Statement statement, boolean isResult) throws SQLException {
        String last = "[]";
        boolean more = isResult;
        while (more || statement.getUpdateCount() != -1) {
            if (more) {
                last = rows(statement.getResultSet());
            }
            more = statement.getMoreResults();
        }
        return last;
    }

    private static String rows(ResultSet set) throws SQLException {
        int count = set.getMetaData().getColumnCount();
        List<String> rows = new ArrayList<>();
        while (set.next()) {
            List<String> cells = new ArrayList<>();
            for (int i = 1; i <= count; i++) {
                cells.add(quote(set.getString(i)));
            }
            rows.add("[" + String.join(",", cells) + "]");
        }
        return "[" + String.join(",", rows) + "]";
    }

    // "key": "text" of a request that json.dumps wrote
    private static String field(String request, String key) {
        int at = request.indexOf("\"" + key + "\": \"") + key.length() + 5;
        StringBuilder out = new StringBuilder();
        for (; request.charAt(at) != '"'; at++) {
            char c = request.charAt(at);
            if (c == '\\') {
                c = request.charAt(++at);
                if (c == 'u') {
                    c = (char) Integer.parseInt(request.substring(at + 1, at + 5), 16);
                    at += 4;
                } else if (c == 'n') {
                    c = '\n';
                }
            }
            out.append(c);
        }
        return out.toString();
    }

    // "lists": [[v, "v"], [..]]: the values as texts
    private static List<List<String>> lists(String request) {
        List<List<String>> out = new ArrayList<>();
        String all = request.substring(request.indexOf("\"lists\": [") + 10);
        for (String list : all.split("\\], \\[")) {
            List<String> values = new ArrayList<>();
            String[] split = list.startsWith("\"") || list.startsWith("[\"") && list.contains("SELECT")
                ? new String[] {list.replaceAll("^\\[|\\]*}*$", "")}
                : list.replaceAll("[\\[\\]}]", "").split(", ");
            for (String value : split) {
                values.add(value.equals("null") ? null
                           : value.startsWith("\"") ? field("\"v\": " + value, "v") : value);
            }
            out.add(values);
        }
        return out;
    }

    private static String prepared(Connection connection, String request) throws SQLException {
        List<String> out = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(field(request, "text"))) {
            for (List<String> values : lists(request)) {
                for (int i = 0; i < values.size(); i++) {
                    statement.setString(i + 1, values.get(i));
                }
                out.add(rows(statement, statement.execute()));
            }
        }
        return "[" + String.join(",", out) + "]";
    }

    private static String counts(Connection connection, String request) throws SQLException {
        List<String> out = new ArrayList<>();
        for (List<String> text : lists(request)) {
            try (Statement statement = connection.createStatement();
                 ResultSet set = statement.executeQuery(text.get(0))) {
                int count = 0;
                while (set.next()) {
                    count++;
                }
                out.add(String.valueOf(count));
            }
        }
        return "[" + String.join(",", out) + "]";
    }

    private static String cancel(Connection connection, String text) throws Exception {
        try (Statement statement = connection.createStatement()) {
            Thread thread = new Thread(() -> {
                try {
                    Thread.sleep(300);
                    statement.cancel();
                } catch (Exception error) {
                    throw new IllegalStateException(error);
                }
            });
            thread.start();
            try {
                statement.execute(text);
            } catch (SQLException error) {
                thread.join();
            }
        }
        try (Statement next = connection.createStatement()) {
            return rows(next, next.execute("SELECT 1"));
        }
    }

    public static void main(String[] arguments) throws Exception {
        String request = new BufferedReader(
            new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        Class.forName("net.sourceforge.jtds.jdbc.Driver");
        try (Connection connection =
                 DriverManager.getConnection(arguments[0], arguments[1], arguments[2])) {
            String rows;
            switch (field(request, "kind")) {
                case "prepared": rows = prepared(connection, request); break;
                case "counts": rows = counts(connection, request); break;
                case "cancel": rows = cancel(connection, field(request, "text")); break;
                default:
                    Statement statement = connection.createStatement();
                    rows = rows(statement, statement.execute(field(request, "text")));
            }
            System.out.println("{\"rows\": " + rows + "}");
        } catch (SQLException error) {
            System.out.println("{\"number\": " + error.getErrorCode() + "}");
        }
    }
}

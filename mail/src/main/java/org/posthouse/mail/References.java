package org.posthouse.mail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// THREAD=REFERENCES (RFC 5256 section 3): messages hang below those that they answer, by References and In-Reply-To;
/// threads whose subjects say that they belong together are merged. The steps' numbers are the RFC's. Senders decide
/// how deep a thread is, so nothing here goes down by recursion.
public final class References {
    private static final int ANCESTORS_BETWEEN_CHECKS = 10_000;

    private final Map<String, Node> byId = new HashMap<>();
    private final List<Node> all = new ArrayList<>();
    private final Runnable check;
    private int ancestorsWalked;

    /// A message, or a dummy that stands for one that is not among those searched.
    private static final class Node {
        final ThreadedMessage message; // null for a dummy
        Node parent;
        List<Node> children = new ArrayList<>(1);

        Node(ThreadedMessage message) {
            this.message = message;
        }

        boolean dummy() {
            return message == null;
        }

        /// What stands for it in sorting and comparing: a dummy's first child. Only the top has dummies by then.
        ThreadedMessage representative() {
            return message != null ? message : children.getFirst().message;
        }
    }

    private static final Comparator<Node> BY_DATE = Comparator.<Node>comparingLong(
                    node -> node.representative().sentSeconds())
            .thenComparingLong(node -> node.representative().number());

    private References(Runnable check) {
        this.check = check;
    }

    /// Threads in order of their first messages' sent dates.
    ///
    /// @param messages in ascending order of their numbers
    /// @param check called now and then; may throw to stop what takes too long
    public static List<MessageThread> threads(List<ThreadedMessage> messages, Runnable check) {
        return new References(check).run(messages);
    }

    private List<MessageThread> run(List<ThreadedMessage> messages) {
        link(messages);
        List<Node> top = prune();
        sortTop(top);
        top = bySubject(top);
        return sorted(top);
    }

    // ---- step 1: parents ----

    private void link(List<ThreadedMessage> messages) {
        List<Node> nodes = new ArrayList<>(messages.size());
        for (ThreadedMessage message : messages) { // before any reference is looked at: no dummy for one that is there
            Node node = new Node(message);
            nodes.add(node);
            all.add(node);
            if (message.id() != null) {
                byId.putIfAbsent(message.id(), node); // of duplicates the first has the name
            }
        }
        for (Node node : nodes) {
            Node before = null;
            for (String id : node.message.references()) {
                Node referred = byId.computeIfAbsent(id, _ -> dummy());
                if (before != null && referred.parent == null) {
                    adopt(before, referred);
                }
                before = referred;
            }
            setParent(node, before);
        }
    }

    private Node dummy() {
        Node dummy = new Node(null);
        all.add(dummy);
        return dummy;
    }

    /// 1 (B): the last reference is the parent, whatever another message's list said.
    private void setParent(Node node, Node parent) {
        if (node.parent == parent) {
            return;
        }
        Node former = node.parent;
        node.parent = null;
        if (parent != null && !adopt(parent, node)) {
            node.parent = former; // a loop: the RFC breaks a link only for a correct one
        }
    }

    /// @return whether that makes no loop
    private boolean adopt(Node parent, Node child) {
        for (Node ancestor = parent; ancestor != null; ancestor = ancestor.parent) {
            if (ancestor == child) {
                return false;
            }
            if (++ancestorsWalked % ANCESTORS_BETWEEN_CHECKS == 0) {
                check.run();
            }
        }
        child.parent = parent;
        return true;
    }

    // ---- steps 2 and 3: the top, without needless dummies ----

    private List<Node> prune() {
        List<Node> top = new ArrayList<>();
        for (Node node : all) {
            (node.parent == null ? top : node.parent.children).add(node);
        }
        for (Node node : childrenFirst(top)) {
            node.children = promoted(node.children, false);
        }
        return promoted(top, true);
    }

    /// 3: a dummy without children goes; one with children leaves them in its place, but at the top only an only child.
    private static List<Node> promoted(List<Node> siblings, boolean atTop) {
        boolean dummies = false;
        for (Node node : siblings) {
            dummies |= node.dummy();
        }
        if (!dummies) {
            return siblings;
        }
        List<Node> kept = new ArrayList<>(siblings.size());
        for (Node node : siblings) {
            if (!node.dummy() || (atTop && node.children.size() > 1)) {
                kept.add(node);
            } else {
                kept.addAll(node.children);
            }
        }
        return kept;
    }

    /// Every node below, none before its children.
    private static List<Node> childrenFirst(List<Node> top) {
        List<Node> order = new ArrayList<>();
        Deque<Node> left = new ArrayDeque<>(top);
        while (!left.isEmpty()) {
            Node node = left.pop();
            order.add(node);
            node.children.forEach(left::push);
        }
        return order.reversed();
    }

    // ---- step 4: the top in order ----

    private static void sortTop(List<Node> top) {
        for (Node node : top) {
            if (node.dummy()) {
                node.children.sort(BY_DATE);
            }
        }
        top.sort(BY_DATE);
    }

    // ---- step 5: subjects ----

    /// What is left at the top, in no order.
    private static List<Node> bySubject(List<Node> top) {
        Map<String, Node> table = new HashMap<>();
        List<Node> rest = new ArrayList<>();
        for (Node node : top) { // 5 (B)
            String subject = node.representative().subject();
            if (subject.isEmpty()) {
                rest.add(node);
            } else {
                table.merge(subject, node, References::better);
            }
        }
        for (Node node : top) { // 5 (C)
            String subject = node.representative().subject();
            Node main = subject.isEmpty() ? node : table.get(subject);
            if (main == node) {
                continue;
            }
            if (main.dummy()) {
                main.children.addAll(node.dummy() ? node.children : List.of(node));
            } else if (marked(node) && !marked(main)) {
                main.children.add(node);
            } else {
                Node both = new Node(null);
                both.children.add(main);
                both.children.add(node);
                table.put(subject, both);
            }
        }
        rest.addAll(table.values());
        return rest;
    }

    /// 5 (B) (iv): which of two threads is the one that the other is merged into.
    private static Node better(Node inTable, Node current) {
        boolean replace = !inTable.dummy() && (current.dummy() || (marked(inTable) && !marked(current)));
        return replace ? current : inTable;
    }

    private static boolean marked(Node node) {
        return !node.dummy() && node.message.replyOrForward();
    }

    // ---- step 6: everything in order ----

    private static List<MessageThread> sorted(List<Node> top) {
        Map<Node, MessageThread> threads = new HashMap<>();
        for (Node node : childrenFirst(top)) {
            node.children.sort(BY_DATE);
            List<MessageThread> answers = new ArrayList<>(node.children.size());
            for (Node child : node.children) {
                answers.add(threads.remove(child));
            }
            threads.put(node, new MessageThread(node.dummy() ? 0 : node.message.number(), answers));
        }
        top.sort(BY_DATE);
        List<MessageThread> list = new ArrayList<>(top.size());
        for (Node node : top) {
            list.add(threads.get(node));
        }
        return list;
    }
}

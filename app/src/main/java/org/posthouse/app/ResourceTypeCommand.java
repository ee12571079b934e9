package org.posthouse.app;

import java.io.IOException;
import java.util.List;
import org.posthouse.cluster.ResourceTypeFacts;
import org.posthouse.cluster.ResourceTypes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `posthouse resource-type list`: of what types resources can be.
@Command(
        name = "resource-type",
        mixinStandardHelpOptions = true,
        description = "List the types of which resources can be: those that all nodes know.")
final class ResourceTypeCommand extends OperatorCommand {

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the types with their properties and what these are when they are not set.")
    int list(@Mixin DirOption dir, @Mixin JsonOption json) throws IOException {
        try (ClusterControl control = ClusterControl.open(dir.open())) {
            List<ResourceTypeFacts> types =
                    List.copyOf(ResourceTypes.known(control.image()).values());
            return json.wanted() ? sayJson(types) : say(table(types));
        }
    }

    /// Each type with its properties below it.
    static TextTable table(List<ResourceTypeFacts> types) {
        TextTable table = new TextTable("TYPE", "PROPERTY", "STANDARD", "WHAT");
        for (ResourceTypeFacts type : types) {
            table.row(type.name(), "", "", type.what());
            for (ResourceTypeFacts.Property property : type.properties()) {
                String standard =
                        property.required() ? "(required)" : property.standard().isEmpty() ? "-" : property.standard();
                table.row("", property.name(), standard, property.what());
            }
        }
        return table;
    }
}

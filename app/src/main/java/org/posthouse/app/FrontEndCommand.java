package org.posthouse.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `posthouse front-end run NAME`: what `up` starts for each front end.
@Command(name = "front-end", hidden = true, mixinStandardHelpOptions = true, description = "Front ends.")
final class FrontEndCommand {

    @Command(name = "run", mixinStandardHelpOptions = true, description = "Be a front end.")
    int run(@Mixin DirOption dir, @Parameters(paramLabel = "NAME") String name) throws Exception {
        FrontEndProcess.run(dir.open(), name);
        return 0;
    }
}

import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['node_modules', 'src/api/schema.d.ts', 'dev/*.mjs', '*.js'] },
    js.configs.recommended,
    ...tseslint.configs.strictTypeChecked,
    jsxA11y.flatConfigs.strict,
    reactHooks.configs.flat.recommended,
    {
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            complexity: ['error', 10],
            'max-lines': ['error', 500],
            'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
            'react-hooks/exhaustive-deps': 'error',
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
            'no-restricted-properties': [
                'error',
                { property: 'innerHTML', message: 'Text from documents is never HTML.' },
            ],
            'no-restricted-syntax': [
                'error',
                {
                    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
                    message: 'Text from documents is never HTML.',
                },
                {
                    selector: "JSXAttribute[name.name='style']",
                    message: 'The content security policy allows no inline styles.',
                },
            ],
        },
    },
    {
        files: ['tests/**'],
        rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
    },
);
